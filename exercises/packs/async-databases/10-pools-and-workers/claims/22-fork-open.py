import asyncio
import os

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(DATABASE_URL)


async def open_one():
    """An open connection in the pool; the driver's own view of it."""
    async with engine.connect() as connection:
        await connection.execute(text("SELECT 1"))
        return (await connection.get_raw_connection()).driver_connection


raw = asyncio.run(open_one())
raw.pgconn.send_query(b"SELECT 'the answer to the parent'")
if (child := os.fork()) == 0:
    while result := raw.pgconn.get_result():
        print("the child was told:", result.get_value(0, 0).decode(), flush=True)
    os._exit(0)
os.waitpid(child, 0)
print("one socket, two processes")
