import asyncio
from collections import Counter

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

WORKERS = 4
REQUESTS = 10  # at the same time, for each worker
POOL_SIZE = 5
QUERY_SECONDS = 0.1


async def handle(engine: AsyncEngine) -> str:
    try:
        async with engine.connect() as connection:
            await connection.execute(text(f"SELECT pg_sleep({QUERY_SECONDS})"))
    except Exception as error:
        reason = str(getattr(error, "orig", error)).partition("FATAL:")
        return (reason[2] or reason[0]).partition('"')[0].strip()
    return "ok"


async def main() -> None:
    # Each worker process has an engine and a pool of its own; here they stand side by side.
    # "Four workers with five connections each: twenty." This server allows twenty.
    workers = [create_async_engine(DATABASE_URL, pool_size=POOL_SIZE) for _ in range(WORKERS)]
    outcomes = await asyncio.gather(*(handle(worker) for worker in workers * REQUESTS))
    for outcome, times in Counter(outcomes).most_common():
        print(f"{times} x {outcome}")
    for worker in workers:
        await worker.dispose()


asyncio.run(main())
