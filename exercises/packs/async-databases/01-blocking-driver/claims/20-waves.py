import asyncio
import time

from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import create_async_engine

REQUESTS = 20

engine = create_async_engine(DATABASE_URL)  # 5 connections, and 10 more under pressure
peak = 0


@event.listens_for(engine.sync_engine, "connect")
def add_slow_query(connection, _record) -> None:
    if engine.dialect.name == "sqlite":
        connection.create_function("pg_sleep", 1, time.sleep)


async def ask() -> None:
    global peak
    async with engine.connect() as connection:
        peak = max(peak, engine.pool.checkedout())
        await connection.execute(text("SELECT pg_sleep(0.1)"))


async def main() -> None:
    started = time.perf_counter()
    await asyncio.gather(*(ask() for _ in range(REQUESTS)))
    print("connections at once, at most:", peak)
    print("20 queries of 0.1 s took two rounds:", time.perf_counter() - started >= 0.2)
    await engine.dispose()


asyncio.run(main())
