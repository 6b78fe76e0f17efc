import asyncio
import inspect

import asyncpg
import psycopg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(DATABASE_URL)


async def ask() -> None:
    try:
        async with engine.connect() as connection:
            print(engine.driver, "answered:", await connection.scalar(text("SELECT 7")))
    except RuntimeError as error:
        print(engine.driver, "refused, another loop:", "different loop" in str(error))


methods = ("execute", "fetch", "fetchrow", "fetchval", "close")
all_async = all(inspect.iscoroutinefunction(getattr(asyncpg.Connection, m)) for m in methods)
print("every method of asyncpg that asks is a coroutine:", all_async)
print("psycopg has two faces:", psycopg.Connection.__name__, psycopg.AsyncConnection.__name__)

with asyncio.Runner() as first, asyncio.Runner() as second:
    first.run(ask())
    second.run(ask())  # with the pooled connection of the first loop
    first.run(engine.dispose(close=False))
