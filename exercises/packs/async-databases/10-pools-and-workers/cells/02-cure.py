import asyncio
from collections import Counter

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

WORKERS = 4
REQUESTS = 10
ALLOWED = 20  # what the server lets us have
KEPT_FREE = 4  # for migrations, a console, the next deploy's first worker

POOL_SIZE = 3
MAX_OVERFLOW = 1
QUERY_SECONDS = 0.02
assert WORKERS * (POOL_SIZE + MAX_OVERFLOW) <= ALLOWED - KEPT_FREE


async def handle(engine: AsyncEngine) -> str:
    async with engine.connect() as connection:
        await connection.execute(text(f"SELECT pg_sleep({QUERY_SECONDS})"))
    return "ok"


async def main() -> None:
    workers = [
        create_async_engine(DATABASE_URL, pool_size=POOL_SIZE, max_overflow=MAX_OVERFLOW)
        for _ in range(WORKERS)
    ]
    outcomes = await asyncio.gather(*(handle(worker) for worker in workers * REQUESTS))
    print(Counter(outcomes))
    print("kept open by each worker:", [worker.pool.checkedin() for worker in workers])
    for worker in workers:
        await worker.dispose()


asyncio.run(main())
