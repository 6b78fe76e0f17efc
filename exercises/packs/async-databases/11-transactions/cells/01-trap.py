import asyncio

from sqlalchemy import select
from sqlalchemy.exc import InvalidRequestError
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


async def transfer(amount: int) -> None:
    async with new_session() as session:
        ada = await session.get_one(Account, "Ada")
        ada.balance -= amount
        await session.commit()  # half of the work is now for ever
        bob = await session.get_one(Account, "Bob")  # who does not exist
        bob.balance += amount
        await session.commit()


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    async with new_session.begin() as session:
        session.add(Account(name="Ada", balance=100))

    try:
        await transfer(30)
    except Exception as error:
        print("transfer:", type(error).__name__)

    async with new_session() as session:
        ada = await session.scalar(select(Account))
        print("Ada has", ada.balance)
        try:
            async with session.begin():  # the read above has begun one already
                ada.balance = 100
        except InvalidRequestError as error:
            print("begin:", str(error).partition(".")[0])
    await engine.dispose()


asyncio.run(main())
