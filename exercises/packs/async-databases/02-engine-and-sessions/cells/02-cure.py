import asyncio

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncAttrs, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine, expire_on_commit=False)
statements: list[str] = []


@event.listens_for(engine.sync_engine, "before_cursor_execute")
def note_statement(_connection, _cursor, statement, *_) -> None:
    statements.append(statement.split()[0])


class Base(AsyncAttrs, DeclarativeBase):
    pass


class Account(Base):
    __tablename__ = "account"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)

    async with new_session() as session:
        session.add(kept := Account(name="Ada"))
        await session.commit()
        statements.clear()
        print(kept.name, "- kept across the commit:", statements)

    async with new_session(expire_on_commit=True) as session:
        session.add_all([refreshed := Account(name="Grace"), awaited := Account(name="Barbara")])
        await session.commit()
        statements.clear()
        await session.refresh(refreshed)
        print(refreshed.name, "- refresh():", statements)
        statements.clear()
        print(await awaited.awaitable_attrs.name, "- awaitable_attrs:", statements)
    await engine.dispose()


asyncio.run(main())
