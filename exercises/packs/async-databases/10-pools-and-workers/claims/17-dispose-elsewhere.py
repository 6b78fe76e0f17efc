import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(DATABASE_URL)


async def ask() -> None:
    async with engine.connect() as connection:
        await connection.execute(text("SELECT 1"))


asyncio.run(ask())
asyncio.run(engine.dispose())  # another loop than the connection's
print("dispose() raised nothing")
