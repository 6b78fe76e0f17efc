import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

CLIENTS = 10  # for each worker
POOL_SIZE = 2
MAX_OVERFLOW = 1
SECONDS = 1.5  # of load
ON_THE_SERVER = text("SELECT count(*) FROM pg_stat_activity WHERE usename = current_user")

# This whole file runs in several processes at once, as the modules of your service do.
engine = create_async_engine(DATABASE_URL, pool_size=POOL_SIZE, max_overflow=MAX_OVERFLOW)
here = there = 0


async def handle() -> None:
    global here, there
    async with engine.connect() as connection:
        here = max(here, engine.pool.checkedout())
        there = max(there, await connection.scalar(ON_THE_SERVER))
        await connection.execute(text("SELECT pg_sleep(0.05)"))


async def client(until: float) -> None:
    while asyncio.get_running_loop().time() < until:
        await handle()


async def main() -> None:
    until = asyncio.get_running_loop().time() + SECONDS
    await asyncio.gather(*(client(until) for _ in range(CLIENTS)))
    print(f"{here} connections here, {there} on the server")
    await engine.dispose()


asyncio.run(main())
