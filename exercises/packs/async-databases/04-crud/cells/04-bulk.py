import asyncio
import time

from sqlalchemy import event, insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

ROWS = 200

engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine)
statements: list[str] = []


@event.listens_for(engine.sync_engine, "before_cursor_execute")
def note_statement(_connection, _cursor, statement, *_) -> None:
    statements.append(statement)


class Base(DeclarativeBase):
    pass


class Reading(Base):
    __tablename__ = "reading"
    id: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[int]


async def commit_each(session: AsyncSession) -> None:
    for value in range(ROWS):
        session.add(Reading(value=value))
        await session.commit()


async def add_all(session: AsyncSession) -> None:
    session.add_all([Reading(value=value) for value in range(ROWS)])
    await session.commit()


async def insert_rows(session: AsyncSession) -> None:
    await session.execute(insert(Reading), [{"value": value} for value in range(ROWS)])
    await session.commit()


async def measure(write) -> dict[str, object]:
    statements.clear()
    started = time.perf_counter()
    async with new_session() as session:
        await write(session)
    spent = (time.perf_counter() - started) * 1000
    return {f"{ROWS} rows": write.__name__, "ms": round(spent), "statements": len(statements)}


async def main() -> list[dict[str, object]]:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    rows = [await measure(write) for write in (commit_each, add_all, insert_rows)]
    await engine.dispose()
    return rows


asyncio.run(main())
