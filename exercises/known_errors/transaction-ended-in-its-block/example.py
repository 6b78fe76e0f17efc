import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

engine = create_async_engine(DATABASE_URL)


async def main() -> None:
    async with AsyncSession(engine) as session, session.begin():
        await session.commit()
        await session.execute(text("SELECT 1"))  # here


asyncio.run(main())
