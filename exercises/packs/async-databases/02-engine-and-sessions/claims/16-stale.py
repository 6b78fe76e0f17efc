import asyncio

from sqlalchemy import event, select, update
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine, expire_on_commit=False)
statements: list[str] = []


@event.listens_for(engine.sync_engine, "before_cursor_execute")
def note_statement(_connection, _cursor, statement, *_) -> None:
    statements.append(statement.split()[0])


class Base(DeclarativeBase):
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
        session.add(account := Account(name="Ada"))
        await session.commit()
        async with new_session.begin() as somebody_else:
            await somebody_else.execute(update(Account).values(name="Grace"))

        def show(way: str, seen: object) -> None:
            print(f"{way}: {seen}, sent {statements}")
            statements.clear()

        statements.clear()
        query = select(Account)
        show("get", (await session.get(Account, 1)).name)
        show("select", (await session.scalars(query)).one().name)
        show("only the column", await session.scalar(select(Account.name)))
        show("the object still", account.name)
        query = query.execution_options(populate_existing=True)
        show("populate_existing", (await session.scalars(query)).one().name)
        show("the object now", account.name)
        account.name = "Barbara"  # not flushed
        with session.no_autoflush:
            await session.scalars(query)
        show("a change of one's own", account.name)
    await engine.dispose()


asyncio.run(main())
