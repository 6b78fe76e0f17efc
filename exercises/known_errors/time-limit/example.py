import asyncio

import asyncpg


async def main() -> None:
    connection = await asyncpg.connect(DSN)
    async with asyncio.timeout(0.1):  # here
        await connection.execute("SELECT pg_sleep(5)")


asyncio.run(main())
