import asyncio

from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(DATABASE_URL)


async def main() -> None:
    async with engine.connect() as connection:
        await connection.execute("SELECT 1")  # here


asyncio.run(main())
