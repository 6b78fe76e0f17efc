import asyncio
import time

import asyncpg
import psycopg


async def share_one() -> list[int]:
    async with await psycopg.AsyncConnection.connect(DSN) as connection:

        async def ask(number: int) -> int:
            cursor = await connection.execute("SELECT %s::int, pg_sleep(0.5)", [number])
            return (await cursor.fetchone())[0]

        return await asyncio.gather(*map(ask, range(3)))


async def have_one_each() -> list[int]:
    async with asyncpg.create_pool(DSN, min_size=3, max_size=3) as pool:

        async def ask(number: int) -> int:
            return await pool.fetchval("SELECT $1::int, pg_sleep(0.5)", number)

        return await asyncio.gather(*map(ask, range(3)))


async def main() -> None:
    started = time.perf_counter()
    print("three tasks on one connection of psycopg:", await share_one())
    print("their waits came one after another:", time.perf_counter() - started >= 1.5)
    started = time.perf_counter()
    print("three tasks on a pool of asyncpg:", await have_one_each())
    print("their waits overlapped:", time.perf_counter() - started < 1.4)


asyncio.run(main())
