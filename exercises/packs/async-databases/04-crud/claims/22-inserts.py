import asyncio

from sqlalchemy import event, insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

ROWS = 200

engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine)
calls: list[str] = []  # of the driver, by SQLAlchemy


@event.listens_for(engine.sync_engine, "before_cursor_execute")
def note_call(_connection, _cursor, statement, *_) -> None:
    if statement.startswith("INSERT"):
        calls.append(statement)


class Base(DeclarativeBase):
    pass


class AddAll(Base):
    __tablename__ = "add_all"
    id: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[int]


class ListOfRows(Base):
    __tablename__ = "list_of_rows"
    id: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[int]


async def add_all(session: AsyncSession) -> None:
    session.add_all([AddAll(value=value) for value in range(ROWS)])


async def list_of_rows(session: AsyncSession) -> None:
    await session.execute(insert(ListOfRows), [{"value": value} for value in range(ROWS)])


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    for write in (add_all, list_of_rows):
        calls.clear()
        async with new_session.begin() as session:
            await write(session)
        print(f"{write.__name__}: {len(calls)} calls of the driver")
    await engine.dispose()


asyncio.run(main())
