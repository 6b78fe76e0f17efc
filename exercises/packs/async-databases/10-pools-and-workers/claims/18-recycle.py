import asyncio

from sqlalchemy import NullPool, text
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(DATABASE_URL, pool_size=1, pool_recycle=1)
observer = create_async_engine(DATABASE_URL, poolclass=NullPool)
PID = text("SELECT pg_backend_pid()")


async def is_connected(pid: int) -> bool:
    async with observer.connect() as connection:
        query = text("SELECT count(*) FROM pg_stat_activity WHERE pid = :pid")
        return bool(await connection.scalar(query, {"pid": pid}))


async def main() -> None:
    async with engine.connect() as connection:
        first = await connection.scalar(PID)
        await asyncio.sleep(1.3)
        print("too old, in use: the same:", await connection.scalar(PID) == first)
        await connection.commit()
    await asyncio.sleep(0.3)
    print("too old, idle: still connected:", await is_connected(first))
    async with engine.connect() as connection:
        print("next checkout: the same:", await connection.scalar(PID) == first)
    await engine.dispose()


asyncio.run(main())
