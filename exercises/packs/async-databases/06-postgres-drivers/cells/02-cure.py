import asyncio
import time

import asyncpg


async def ask(pool: asyncpg.Pool, number: int) -> int:
    async with pool.acquire() as connection:  # a connection of one's own, for as long as needed
        row = await connection.fetchrow("SELECT $1::int AS number, pg_sleep(0.1)", number)
    return row["number"]


async def main() -> None:
    async with asyncpg.create_pool(DSN, min_size=3, max_size=3) as pool:
        started = time.perf_counter()
        print("answers:", await asyncio.gather(*(ask(pool, number) for number in range(3))))
        print(f"three waits of 100 ms: {(time.perf_counter() - started) * 1000:.0f} ms")


asyncio.run(main())
