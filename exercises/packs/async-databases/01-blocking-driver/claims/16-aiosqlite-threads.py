import asyncio
import threading

import aiosqlite


async def main() -> None:
    before = threading.active_count()
    connections = [await aiosqlite.connect(DSN) for _ in range(3)]
    print("threads for 3 connections:", threading.active_count() - before)
    for connection in connections:
        await connection.close()


asyncio.run(main())
