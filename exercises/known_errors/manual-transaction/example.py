import asyncio

import asyncpg


async def main() -> None:
    connection = await asyncpg.connect(DSN)
    await connection.execute("BEGIN")
    async with connection.transaction():  # here
        await connection.execute("SELECT 1")


asyncio.run(main())
