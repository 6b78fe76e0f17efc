import asyncio

from sqlalchemy import NullPool, text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

engine = create_async_engine(DATABASE_URL, pool_size=2, max_overflow=0)
observer = create_async_engine(DATABASE_URL, poolclass=NullPool)
new_session = async_sessionmaker(engine)
IDLE = text("SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'")


async def handle(arrived: asyncio.Barrier, answered: asyncio.Event, *, commits: bool) -> None:
    async with new_session() as session:
        await session.execute(text("SELECT 1"))
        if commits:
            await session.commit()
        await arrived.wait()
        await answered.wait()  # for somebody else's service


async def main() -> None:
    for title, commits in (("a read, then the call", False), ("commit, then the call", True)):
        arrived, answered = asyncio.Barrier(3), asyncio.Event()
        tasks = [asyncio.create_task(handle(arrived, answered, commits=commits)) for _ in range(2)]
        await arrived.wait()
        async with observer.connect() as connection:
            print(f"{title}: {await connection.scalar(IDLE)} idle in transaction")
        answered.set()
        await asyncio.gather(*tasks)
    await engine.dispose()


asyncio.run(main())
