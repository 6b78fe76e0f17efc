import asyncio

from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://localhost/notes?sslmode=require")


async def main() -> None:
    async with engine.connect():  # here
        pass


asyncio.run(main())
