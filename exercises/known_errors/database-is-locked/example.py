import asyncio

import aiosqlite


async def main() -> None:
    async with aiosqlite.connect(DSN) as one, aiosqlite.connect(DSN, timeout=0.1) as other:
        await one.execute("CREATE TABLE IF NOT EXISTS note (text text)")
        await one.execute("INSERT INTO note VALUES ('mine')")
        await other.execute("INSERT INTO note VALUES ('yours')")  # here


asyncio.run(main())
