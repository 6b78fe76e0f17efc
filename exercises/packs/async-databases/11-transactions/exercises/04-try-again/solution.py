import asyncio
from contextlib import asynccontextmanager

from fastapi import FastAPI, HTTPException
from sqlalchemy import NullPool, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(DATABASE_URL, pool_size=8, isolation_level="SERIALIZABLE")
new_session = async_sessionmaker(engine)
post = create_async_engine(DATABASE_URL, poolclass=NullPool, isolation_level="AUTOCOMMIT")


class Base(DeclarativeBase):
    pass


class Account(Base):
    __tablename__ = "account"
    id: Mapped[int] = mapped_column(primary_key=True)
    balance: Mapped[int]


class Mail(Base):
    __tablename__ = "mail"
    id: Mapped[int] = mapped_column(primary_key=True)
    amount: Mapped[int]


@asynccontextmanager
async def lifespan(_):
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with new_session.begin() as session:
        session.add(Account(id=1, balance=100))
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


async def send_mail(amount: int) -> None:
    """What is sent is sent: no rollback brings it back. Leave this as it is."""
    async with post.connect() as connection:
        await connection.execute(text("INSERT INTO mail (amount) VALUES (:a)"), {"a": amount})


@app.get("/balance")
async def balance() -> int:
    async with new_session() as session:
        account = await session.get_one(Account, 1)
        await asyncio.sleep(0.1)
        return account.balance


async def withdraw_once(amount: int) -> None:
    async with new_session.begin() as session:
        account = await session.get_one(Account, 1)
        if account.balance < amount:
            raise HTTPException(409, "not enough")
        await asyncio.sleep(0.1)  # somebody thinks about it; leave this as it is
        account.balance -= amount


@app.post("/withdrawals/{amount}")
async def withdraw(amount: int) -> str:
    for attempt in range(30):
        try:
            await withdraw_once(amount)
        except DBAPIError as error:
            if error.orig.sqlstate not in ("40001", "40P01"):
                raise
            await asyncio.sleep(0.01 * attempt)
        else:
            await send_mail(amount)
            return "paid"
    raise HTTPException(503, "too busy")
