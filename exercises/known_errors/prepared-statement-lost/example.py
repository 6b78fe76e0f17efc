import asyncio

import asyncpg


async def main() -> None:
    connection = await asyncpg.connect(DSN)
    statement = await connection.prepare("SELECT 1")
    await connection.execute("DEALLOCATE ALL")  # as a pooler does for the next client
    await statement.fetchval()  # here


asyncio.run(main())
