import asyncio

from sqlalchemy import event, inspect
from sqlalchemy.exc import MissingGreenlet
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine)
prepared: list[str] = []  # which is not yet sent


@event.listens_for(engine.sync_engine, "before_cursor_execute")
def note_statement(_connection, _cursor, statement, *_) -> None:
    prepared.append(statement.split()[0])


class Base(DeclarativeBase):
    pass


class Account(Base):
    __tablename__ = "account"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


def provoke(account: Account) -> None:
    try:
        print("read:", account.name)
    except Exception as error:
        cause = getattr(error, "orig", None)
        print("raised:", type(error).__name__, "around", type(cause).__name__)
        print("except MissingGreenlet catches it:", isinstance(error, MissingGreenlet))


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)

    async with new_session() as session:
        session.add(account := Account(name="Ada"))
        await session.flush()
        prepared.clear()
        await session.commit()
        print("prepared by the commit:", prepared)
        print("expired:", sorted(inspect(account).expired_attributes))
        print("out of the pool:", engine.pool.checkedout())

        provoke(account)
        print("prepared by the access:", prepared)
        print("in a transaction:", session.in_transaction())
        print("out of the pool now:", engine.pool.checkedout())

        await session.refresh(account)
        print("the session goes on:", account.name)
        await session.commit()
    provoke(account)  # the session is closed
    await engine.dispose()


asyncio.run(main())
