import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI
from sqlalchemy import UniqueConstraint, insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    pass


class Booking(Base):
    __tablename__ = "booking"
    # Checked at COMMIT, so that two bookings can swap their seats in one transaction.
    __table_args__ = (UniqueConstraint("seat", deferrable=True, initially="DEFERRED"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    seat: Mapped[int]


@asynccontextmanager
async def lifespan(_):
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        await connection.execute(insert(Booking).values(seat=8))  # by telephone
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


async def pay() -> None:
    """Another service, which takes its time. Leave it as it is."""
    await asyncio.sleep(0.5)


async def get_session() -> AsyncIterator[AsyncSession]:
    async with new_session.begin() as session:
        yield session


Session = Annotated[AsyncSession, Depends(get_session)]


@app.post("/seats/{seat}", status_code=201)
async def book(seat: int, session: Session) -> dict[str, int]:
    session.add(Booking(seat=seat))
    await pay()
    return {"seat": seat}
