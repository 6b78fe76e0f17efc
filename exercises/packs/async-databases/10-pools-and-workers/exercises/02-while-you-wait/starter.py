import asyncio
from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(DATABASE_URL, pool_size=2, max_overflow=0, pool_timeout=2)
new_session = async_sessionmaker(engine)


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    amount: Mapped[int]
    receipt: Mapped[str] = mapped_column(default="")


@asynccontextmanager
async def lifespan(_):
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        values = "SELECT i, i * 37 % 101, '' FROM generate_series(1, 24) AS i"
        await connection.execute(text(f"INSERT INTO orders {values}"))
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


async def charge(amount: int) -> str:
    """Somebody else's server, which takes its time; leave this as it is."""
    await asyncio.sleep(3)
    return f"paid {amount}"


@app.post("/orders/{number}/pay")
async def pay(number: int) -> str:
    async with new_session() as session:
        order = await session.get_one(Order, number)
        order.receipt = await charge(order.amount)
        await session.commit()
    return "paid"
