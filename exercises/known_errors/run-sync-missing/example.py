import asyncio

from sqlalchemy import MetaData
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(DATABASE_URL)


async def main() -> None:
    async with engine.begin() as connection:
        MetaData().create_all(connection)  # here


asyncio.run(main())
