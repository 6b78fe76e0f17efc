import asyncio

import asyncpg
import psycopg

prepared = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT 4%'"


async def count_in_asyncpg() -> None:
    connection = await asyncpg.connect(DSN)
    await connection.fetchval("SELECT 41")
    print("asyncpg keeps a prepared statement after one use:", await connection.fetchval(prepared))
    await connection.close()


async def count_in_psycopg() -> None:
    async with await psycopg.AsyncConnection.connect(DSN) as connection:
        counts = []
        for _ in range(7):
            await connection.execute("SELECT 42")
            [count] = await (await connection.execute(prepared)).fetchone()
            counts.append(count)
        print("psycopg, after each of seven uses:", counts)


async def main() -> None:
    await count_in_asyncpg()
    await count_in_psycopg()


asyncio.run(main())
