import asyncio
import time

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

ROWS = 10_000
PORTION = 200  # rows built before the loop may go on
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


async def heartbeat(gaps: list[float]) -> None:
    while True:
        before = time.perf_counter()
        await asyncio.sleep(0.001)
        gaps.append(time.perf_counter() - before)


async def all_at_once(session: AsyncSession) -> int:
    return len((await session.scalars(select(Item))).all())


async def in_parts(session: AsyncSession) -> int:
    rows = await session.stream_scalars(select(Item).execution_options(yield_per=PORTION))
    return len([item.id async for item in rows])


async def main() -> None:
    engine = create_async_engine(DATABASE_URL)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
        await connection.execute(text(FILL))
    for read in (all_at_once, in_parts):
        gaps: list[float] = []
        ticking = asyncio.create_task(heartbeat(gaps))
        async with AsyncSession(engine) as session:
            count = await read(session)
        await asyncio.sleep(0.002)
        ticking.cancel()
        print(f"{read.__name__}: {count} rows, longest silence {max(gaps) * 1000:.0f} ms")
    await engine.dispose()


asyncio.run(main())
