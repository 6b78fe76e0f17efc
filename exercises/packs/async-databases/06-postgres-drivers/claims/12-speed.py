import asyncio
import time
from collections.abc import Awaitable, Callable

import asyncpg
import psycopg
from sqlalchemy import select, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

ROWS = 2_000
MANY = "SELECT i, 'item ' || i FROM generate_series(1, 20000) AS i"


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "item"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


async def cost(read: Callable[[], Awaitable[object]]) -> float:
    """Milliseconds of this thread's processor, the least of fifteen: what the client pays."""
    costs = []
    for _ in range(15):
        before = time.thread_time()
        await read()
        costs.append((time.thread_time() - before) * 1000)
    return min(costs)


async def cost_of_rows() -> tuple[float, float]:
    one = await asyncpg.connect(DSN)
    other = await psycopg.AsyncConnection.connect(DSN, autocommit=True)

    async def with_psycopg() -> None:
        await (await other.execute(MANY)).fetchall()

    costs = await cost(lambda: one.fetch(MANY)), await cost(with_psycopg)
    await one.close()
    await other.close()
    return costs


async def cost_of_objects(driver: str) -> float:
    engine = create_async_engine(make_url(DATABASE_URL).set(drivername=f"postgresql+{driver}"))

    async def read() -> None:
        async with AsyncSession(engine) as session:
            (await session.scalars(select(Item))).all()

    milliseconds = await cost(read)
    await engine.dispose()
    return milliseconds


def compare(what: str, with_asyncpg: float, with_psycopg: float) -> None:
    print(f"{what}: asyncpg {with_asyncpg:.1f} ms, psycopg {with_psycopg:.1f} ms of processor")
    both = sorted([with_asyncpg, with_psycopg])
    print(f"{what}, within a factor of 2:", both[1] < both[0] * 2)


async def main() -> None:
    engine = create_async_engine(DATABASE_URL)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
        fill = f"INSERT INTO item SELECT i, 'item ' || i FROM generate_series(1, {ROWS}) AS i"
        await connection.execute(text(fill))
    await engine.dispose()
    compare("20000 bare rows", *await cost_of_rows())
    objects = [await cost_of_objects(driver) for driver in ("asyncpg", "psycopg")]
    compare(f"{ROWS} objects of SQLAlchemy", *objects)


asyncio.run(main())
