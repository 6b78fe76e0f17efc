import asyncio

from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    pass


class Account(Base):
    __tablename__ = "account"
    name: Mapped[str] = mapped_column(primary_key=True)
    balance: Mapped[int]


async def transfer(to: str, amount: int) -> None:
    async with new_session.begin() as session:  # COMMIT at the end, ROLLBACK on any exception
        sender = await session.get_one(Account, "Ada")
        sender.balance -= amount
        await session.flush()  # sent, not committed
        receiver = await session.get_one(Account, to)
        receiver.balance += amount


async def show(title: str) -> None:
    async with new_session() as session:
        ada = await session.get_one(Account, "Ada")
        grace = await session.get_one(Account, "Grace")
        print(f"{title}: Ada {ada.balance}, Grace {grace.balance}")


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    async with new_session.begin() as session:
        session.add_all([Account(name="Ada", balance=100), Account(name="Grace", balance=0)])

    try:
        await transfer("Bob", 30)
    except Exception as error:
        await show(f"after {type(error).__name__}")
    await transfer("Grace", 30)
    await show("after a transfer that worked")
    await engine.dispose()


asyncio.run(main())
