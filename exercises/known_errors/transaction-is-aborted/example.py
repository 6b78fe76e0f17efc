import asyncio

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(DATABASE_URL)


async def main() -> None:
    async with engine.begin() as connection:
        try:
            await connection.execute(text("SELECT 1 / 0"))
        except DBAPIError:
            print("no answer")
        await connection.execute(text("SELECT 1"))  # here


asyncio.run(main())
