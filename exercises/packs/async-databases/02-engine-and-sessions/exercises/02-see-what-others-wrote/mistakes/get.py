from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    pass


class Account(Base):
    __tablename__ = "account"
    id: Mapped[int] = mapped_column(primary_key=True)
    balance: Mapped[int]


async def book_elsewhere(number: int) -> None:
    """What another request does meanwhile. Leave it as it is."""
    async with new_session.begin() as another:
        amount = func.ascii(func.md5(str(number)))  # this handler cannot know it
        row = update(Account).where(Account.id == number)
        await another.execute(row.values(balance=Account.balance - amount))


@asynccontextmanager
async def lifespan(_):
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        accounts = [{"id": n, "balance": 100 + n * n} for n in range(1, 7)]
        await connection.execute(insert(Account), accounts)
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


@app.post("/accounts/{number}")
async def before_and_after(number: int) -> dict[str, int]:
    async with new_session() as session:
        query = select(Account).where(Account.id == number)
        account = (await session.scalars(query)).one()
        before = account.balance
        await book_elsewhere(number)
        account = await session.get_one(Account, number)
        return {"before": before, "after": account.balance}
