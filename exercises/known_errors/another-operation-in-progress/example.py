import asyncio

import asyncpg


async def main() -> None:
    connection = await asyncpg.connect(DSN)

    async def ask() -> int:
        return await connection.fetchval("SELECT 1")  # here

    await asyncio.gather(ask(), ask())


asyncio.run(main())
