import asyncio
import time

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

ROWS = 10_000
FILL = f"""
    INSERT INTO item
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS})
    SELECT i, 'item ' || i FROM n
"""


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "item"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


async def objects(session: AsyncSession) -> int:
    return len((await session.scalars(select(Item))).all())


async def columns(session: AsyncSession) -> int:
    return len((await session.execute(select(Item.id, Item.name))).all())


async def portions(session: AsyncSession) -> int:
    rows = await session.stream_scalars(select(Item).execution_options(yield_per=200))
    return len([item.id async for item in rows])


async def measure(read, engine) -> float:
    """The most that the loop's thread worked before others had their turn, in seconds."""
    async with AsyncSession(engine) as session:
        reading = asyncio.create_task(read(session))
        longest, before = 0.0, time.thread_time()  # unlike a clock: what others took is not in it
        while not reading.done():
            await asyncio.sleep(0.001)
            longest = max(longest, time.thread_time() - before)
            before = time.thread_time()
        assert await reading == ROWS
    return longest


async def main() -> None:
    engine = create_async_engine(DATABASE_URL)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
        await connection.execute(text(FILL))
    worked = {read.__name__: await measure(read, engine) for read in (objects, columns, portions)}
    await engine.dispose()
    for name, seconds in worked.items():
        print(f"{name}: {seconds * 1000:.0f} ms in one go")
    print("objects are longer work than columns:", worked["objects"] > worked["columns"])
    print("portions are less than half of it:", worked["portions"] < worked["objects"] / 2)


asyncio.run(main())
