import asyncio
import sqlite3


async def main() -> None:
    connection = sqlite3.connect(DSN)
    await asyncio.to_thread(connection.execute, "SELECT 1")  # here


asyncio.run(main())
