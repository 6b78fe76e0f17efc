import asyncio
import time

from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(DATABASE_URL)


def wait_for_database(connection: Connection) -> None:
    connection.execute(text("SELECT pg_sleep(0.4)"))


async def wait() -> None:
    async with engine.connect() as connection:
        await connection.run_sync(wait_for_database)


async def main() -> None:
    await asyncio.gather(wait(), wait())  # the first time, they connect
    began = time.perf_counter()
    await asyncio.gather(wait(), wait())
    print("two waits of 0.4 s took less than 0.75 s:", time.perf_counter() - began < 0.75)
    await engine.dispose()


asyncio.run(main())
