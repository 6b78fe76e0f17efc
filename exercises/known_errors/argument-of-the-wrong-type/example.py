import asyncio

import asyncpg


async def main() -> None:
    connection = await asyncpg.connect(DSN)
    print(await connection.fetchval("SELECT $1 + 1", "1"))  # here


asyncio.run(main())
