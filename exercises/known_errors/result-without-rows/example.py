import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(DATABASE_URL)


async def main() -> None:
    async with engine.begin() as connection:
        result = await connection.execute(text("CREATE TABLE IF NOT EXISTS note (text text)"))
        print(result.all())  # here


asyncio.run(main())
