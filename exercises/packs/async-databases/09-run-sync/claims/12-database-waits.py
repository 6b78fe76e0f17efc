import asyncio
import time

from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

# SQLite cannot sleep; there the processor is busy for a while in aiosqlite's thread.
busy = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000) "
ASK = busy + "SELECT count(*) FROM n" if "sqlite" in DATABASE_URL else "SELECT pg_sleep(0.4)"
engine = create_async_engine(DATABASE_URL)


def wait_for_database(connection: Connection) -> None:
    connection.execute(text(ASK))


async def count_turns(turns: list[float]) -> None:
    while True:
        await asyncio.sleep(0.01)
        turns.append(time.perf_counter())


async def main() -> None:
    async with engine.connect() as connection:
        await connection.run_sync(wait_for_database)  # once, so that everything is warm
        turns: list[float] = []
        counting = asyncio.create_task(count_turns(turns))
        await asyncio.sleep(0)
        began = time.perf_counter()
        await connection.run_sync(wait_for_database)
        took = time.perf_counter() - began
    counting.cancel()
    print("the loop had its turns meanwhile:", sum(each > began for each in turns) > 5)
    print("the database took its time:", took > 0.1)
    await engine.dispose()


asyncio.run(main())
