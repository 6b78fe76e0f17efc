import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(DATABASE_URL)


async def main() -> None:
    async with engine.connect() as connection:
        await connection.execute(text("SELECT * FROM nobody_made_this"))  # here


asyncio.run(main())
