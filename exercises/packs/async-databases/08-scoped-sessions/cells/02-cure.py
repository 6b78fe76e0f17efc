import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

engine = create_async_engine(DATABASE_URL, pool_size=3, max_overflow=0, pool_timeout=3)
new_session = async_sessionmaker(engine)


async def job(number: int) -> str:
    async with new_session() as session:  # closed at the end, however the job ends
        await step(session)
    return f"job {number}: done"


async def step(session: AsyncSession) -> None:
    """Whoever needs the session is given it; there is nothing to look up."""
    await session.execute(text("SELECT 1"))


async def main() -> None:
    print(*await asyncio.gather(*(job(number) for number in range(5))), sep="\n")
    print("connections left out:", engine.pool.checkedout())
    await engine.dispose()


asyncio.run(main())
