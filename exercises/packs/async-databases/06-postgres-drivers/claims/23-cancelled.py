import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(DATABASE_URL, pool_size=1, max_overflow=0)
observer = create_async_engine(DATABASE_URL)
RUNNING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT pg_sleep%'"
)


async def count_running() -> int:
    async with observer.connect() as connection:
        return await connection.scalar(RUNNING)


async def wait_for_the_query() -> None:
    async with engine.connect() as connection:
        await connection.execute(text("SELECT pg_sleep(30)"))


async def main() -> None:
    task = asyncio.create_task(wait_for_the_query())
    while not await count_running():
        await asyncio.sleep(0.02)
    print(f"{engine.driver}, before: {await count_running()} running")
    task.cancel()
    await asyncio.wait([task])
    for _ in range(100):  # the server is told on another connection, which takes a moment
        if not await count_running():
            break
        await asyncio.sleep(0.05)
    print(f"{engine.driver}, after: {await count_running()} running")
    await engine.dispose()
    await observer.dispose()


asyncio.run(main())
