import asyncio
import time

from sqlalchemy import text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

POOL_SIZE = 2

engine = create_async_engine(DATABASE_URL, pool_size=POOL_SIZE, max_overflow=0)
new_session = async_sessionmaker(engine)


async def call_payment_service() -> None:
    await asyncio.sleep(0.3)  # somebody else's server, ours has nothing to do


async def holding() -> None:
    async with new_session() as session:
        await session.execute(text("SELECT 1"))
        await call_payment_service()  # the connection waits with us
        await session.commit()


async def giving_back() -> None:
    async with new_session() as session:
        await session.execute(text("SELECT 1"))
        await session.commit()  # back to the pool
        await call_payment_service()


async def main() -> None:
    for handler in (holding, giving_back):
        started = time.perf_counter()
        await asyncio.gather(*(handler() for _ in range(10)))
        waited = time.perf_counter() - started
        print(f"{handler.__name__}: ten requests took", "long" if waited > 1 else "no time")
    await engine.dispose()


asyncio.run(main())
