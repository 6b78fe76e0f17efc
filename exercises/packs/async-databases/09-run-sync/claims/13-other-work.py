import asyncio
import sqlite3
import time

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(DATABASE_URL)


def sleep(connection: Connection) -> None:
    time.sleep(0.3)


def compute(connection: Connection) -> None:
    until = time.thread_time() + 0.3
    while time.thread_time() < until:
        sum(range(1000))


def use_another_driver(connection: Connection) -> None:
    other = sqlite3.connect(":memory:")
    other.create_function("pause", 1, time.sleep)
    other.execute("SELECT pause(0.3)").fetchone()


async def count_turns(turns: list[int]) -> None:
    while True:
        await asyncio.sleep(0.005)
        turns.append(1)


async def main() -> None:
    async with engine.connect() as connection:
        for work in (sleep, compute, use_another_driver):
            turns: list[int] = []
            counting = asyncio.create_task(count_turns(turns))
            await asyncio.sleep(0)
            await connection.run_sync(work)
            print(f"{work.__name__}: {len(turns)} turns for others in 0.3 s")
            counting.cancel()
    await engine.dispose()


asyncio.run(main())
