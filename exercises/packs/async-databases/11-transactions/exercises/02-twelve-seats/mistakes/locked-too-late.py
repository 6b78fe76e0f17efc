import asyncio
from contextlib import asynccontextmanager

from fastapi import FastAPI, HTTPException
from sqlalchemy import NullPool, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

# Two worker processes run this module.
engine = create_async_engine(DATABASE_URL, pool_size=5, max_overflow=0)
new_session = async_sessionmaker(engine)
set_up = create_async_engine(DATABASE_URL, poolclass=NullPool, isolation_level="AUTOCOMMIT")


class Base(DeclarativeBase):
    pass


class Show(Base):
    __tablename__ = "show"
    id: Mapped[int] = mapped_column(primary_key=True)
    seats: Mapped[int]


class Ticket(Base):
    __tablename__ = "ticket"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer: Mapped[int]


@asynccontextmanager
async def lifespan(_):
    async with set_up.connect() as connection:
        await connection.execute(select(func.pg_advisory_lock(1)))  # one worker at a time
        await connection.run_sync(Base.metadata.create_all)
        await connection.execute(insert(Show).values(id=1, seats=12).on_conflict_do_nothing())
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


async def choose_seat() -> None:
    """Takes a moment; leave this as it is, and between the look and the sale."""
    await asyncio.sleep(0.02)


@app.post("/tickets/{customer}")
async def buy(customer: int) -> str:
    async with new_session.begin() as session:
        show = await session.get_one(Show, 1)
        if show.seats < 1:
            raise HTTPException(409, "sold out")
        await choose_seat()
        await session.refresh(show, with_for_update=True)
        show.seats -= 1
        session.add(Ticket(customer=customer))
    return "yours"
