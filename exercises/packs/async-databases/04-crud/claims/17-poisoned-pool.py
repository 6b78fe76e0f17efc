import asyncio

from sqlalchemy import text
from sqlalchemy.exc import InterfaceError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

engine = create_async_engine(DATABASE_URL, pool_size=1, max_overflow=0)


async def commit_meanwhile(session: AsyncSession) -> None:
    await asyncio.sleep(0.1)
    try:
        await session.commit()
    except InterfaceError as error:
        print("commit during a query:", type(error).__name__)


async def main() -> None:
    async with AsyncSession(engine) as session:
        await session.connection()
        slow = session.execute(text("SELECT pg_sleep(0.4)"))
        await asyncio.gather(slow, commit_meanwhile(session))

    for number in (1, 2, 3):  # others, who share nothing with them but the pool
        try:
            async with AsyncSession(engine) as session:
                await session.scalar(text("SELECT 1"))
        except InterfaceError as error:
            manual = "in a manually started transaction" in str(error)
            print(f"user {number}: {type(error).__name__}, in a transaction already: {manual}")
    await engine.dispose()


asyncio.run(main())
