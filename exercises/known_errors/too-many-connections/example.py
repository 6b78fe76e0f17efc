import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(DATABASE_URL, pool_size=40)


async def main() -> None:
    for _ in range(40):
        connection = await engine.connect()  # here
        await connection.execute(text("SELECT 1"))


asyncio.run(main())
