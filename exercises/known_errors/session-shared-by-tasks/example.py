import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

engine = create_async_engine(DATABASE_URL)


async def ask(session: AsyncSession) -> None:
    await session.execute(text("SELECT 1"))  # here


async def main() -> None:
    session = AsyncSession(engine)
    await asyncio.gather(ask(session), ask(session))
    await session.close()


asyncio.run(main())
