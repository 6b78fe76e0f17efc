import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(DATABASE_URL)


async def main() -> None:
    async with engine.connect() as connection:
        result = await connection.execute(text("SELECT 1 UNION ALL SELECT 2"))
        print(result.scalar_one_or_none())  # here


asyncio.run(main())
