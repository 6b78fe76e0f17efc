import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

engine = create_async_engine(DATABASE_URL)


async def main() -> None:
    session = AsyncSession(engine)
    await asyncio.gather(session.execute(text("SELECT 1")), session.close())  # here


asyncio.run(main())
