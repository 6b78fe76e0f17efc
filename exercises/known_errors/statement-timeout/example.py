import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(DATABASE_URL)


async def main() -> None:
    async with engine.begin() as connection:
        await connection.execute(text("SET LOCAL statement_timeout = 50"))
        await connection.execute(text("SELECT pg_sleep(5)"))  # here


asyncio.run(main())
