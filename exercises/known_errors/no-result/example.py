import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(DATABASE_URL)


async def main() -> None:
    async with engine.connect() as connection:
        result = await connection.execute(text("SELECT 1 WHERE 1 = 2"))
        print(result.scalar_one())  # here


asyncio.run(main())
