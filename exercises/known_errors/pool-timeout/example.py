import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

engine = create_async_engine(DATABASE_URL, pool_size=1, max_overflow=0, pool_timeout=0.1)


async def main() -> None:
    forgotten = AsyncSession(engine)
    await forgotten.execute(text("SELECT 1"))
    async with AsyncSession(engine) as session:
        await session.execute(text("SELECT 1"))  # here
    await forgotten.close()


asyncio.run(main())
