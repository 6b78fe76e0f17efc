import asyncio
from contextlib import asynccontextmanager

from fastapi import FastAPI, HTTPException
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine("sqlite+aiosqlite:///:memory:")


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "user"
    id: Mapped[int] = mapped_column(primary_key=True)


@asynccontextmanager
async def lifespan(_):
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)
all_four_have_added = asyncio.Barrier(4)
turns = [asyncio.Event() for _ in range(10)]
turns[1].set()


@app.get("/commit/{number}")
async def commit(number: int) -> None:
    async with AsyncSession(engine) as session:
        session.add(User(id=number))
        await session.flush()
        await all_four_have_added.wait()
        await turns[number].wait()  # one ends after the other, in the order of their numbers
        await session.commit()
    turns[number + 1].set()


@app.get("/roll-back/{number}")
async def roll_back(number: int) -> None:
    async with AsyncSession(engine) as session:
        session.add(User(id=number))
        await session.flush()
        await all_four_have_added.wait()
        await turns[number].wait()
        await session.rollback()
    turns[number + 1].set()


@app.get("/users/{number}")
async def user(number: int) -> None:
    async with AsyncSession(engine) as session:
        if await session.get(User, number) is None:
            raise HTTPException(404)
