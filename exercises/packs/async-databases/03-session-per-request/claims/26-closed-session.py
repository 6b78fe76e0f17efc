import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine)


async def main() -> None:
    async with new_session() as session:
        await session.execute(text("SELECT 1"))
    print("closed:", engine.pool.checkedout(), "out of the pool")
    print("used again:", await session.scalar(text("SELECT 7")))
    print("afterwards:", engine.pool.checkedout(), "out of the pool")
    await session.close()
    await engine.dispose()


asyncio.run(main())
