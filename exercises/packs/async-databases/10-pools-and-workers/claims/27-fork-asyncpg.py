import asyncio
import os

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(DATABASE_URL)


async def ask() -> int:
    async with engine.connect() as connection:
        return await connection.scalar(text("SELECT 7"))


print("the parent, before:", asyncio.run(ask()))
if (child := os.fork()) == 0:
    try:
        print("the child:", asyncio.run(ask()), flush=True)
    except RuntimeError as error:
        print("the child: RuntimeError,", str(error).rpartition(">")[2].strip(), flush=True)
    os._exit(0)
os.waitpid(child, 0)
