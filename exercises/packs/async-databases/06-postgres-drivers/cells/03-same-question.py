import asyncio

import asyncpg
import psycopg
from psycopg.rows import dict_row


async def with_asyncpg() -> None:
    connection = await asyncpg.connect(DSN)
    try:
        row = await connection.fetchrow("SELECT $1::int + $2::int AS total", 1, 2)
        print("asyncpg:", row["total"], type(row).__name__)
        await connection.fetchval("SELECT $1::int", "1")
    except asyncpg.DataError as error:
        print("asyncpg, text for an int:", type(error).__name__)
    finally:
        await connection.close()


async def with_psycopg() -> None:
    async with await psycopg.AsyncConnection.connect(DSN, row_factory=dict_row) as connection:
        cursor = await connection.execute("SELECT %s::int + %s::int AS total", [1, 2])
        row = await cursor.fetchone()
        print("psycopg:", row["total"], type(row).__name__)
        cursor = await connection.execute("SELECT %s::int AS number", ["1"])
        print("psycopg, text for an int:", (await cursor.fetchone())["number"])
        cursor = await connection.execute("SELECT 1")
        print("psycopg answers in", "binary" if cursor.format else "text", "unless asked otherwise")
        # A transaction is open since the first statement; leaving the block commits it.
        print("psycopg in a transaction:", connection.info.transaction_status.name)


async def main() -> None:
    await with_asyncpg()
    await with_psycopg()


asyncio.run(main())
