import asyncio
import gc

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

engine = create_async_engine(DATABASE_URL)


async def forget() -> None:
    session = AsyncSession(engine)
    await session.execute(text("SELECT 1"))  # here


async def main() -> None:
    await forget()
    gc.collect()


asyncio.run(main())
