from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    pass


class Stock(Base):
    __tablename__ = "stock"
    id: Mapped[int] = mapped_column(primary_key=True)
    left: Mapped[int]


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    stock: Mapped[int]


@asynccontextmanager
async def lifespan(_):
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with new_session() as session:
        session.add_all([Stock(id=1, left=2), Stock(id=2, left=0), Stock(id=3, left=1)])
        await session.commit()
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


async def get_session() -> AsyncIterator[AsyncSession]:
    session = new_session()
    try:
        yield session
    finally:
        await session.commit()
        await session.close()


Session = Annotated[AsyncSession, Depends(get_session, scope="function")]


@app.post("/orders/{number}", status_code=201)
async def order(number: int, session: Session) -> dict[str, int]:
    stock = await session.get_one(Stock, number, with_for_update=True)
    session.add(placed := Order(stock=number))
    stock.left -= 1
    await session.flush()
    if stock.left < 0:
        raise HTTPException(409, "sold out")
    return {"order": placed.id, "left": stock.left}


@app.get("/orders")
async def count(session: Session) -> int:
    return len((await session.scalars(select(Order.id))).all())
