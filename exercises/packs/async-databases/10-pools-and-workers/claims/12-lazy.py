import asyncio

from sqlalchemy import NullPool, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

engine = create_async_engine(DATABASE_URL)  # pool_size=5, max_overflow=10
observer = create_async_engine(DATABASE_URL, poolclass=NullPool, isolation_level="AUTOCOMMIT")
OTHERS = text(
    "SELECT count(*) FROM pg_stat_activity WHERE usename = current_user AND pid <> pg_backend_pid()"
)
served = 0


async def handle(enough: asyncio.Event) -> None:
    global served
    async with engine.connect() as connection:
        await connection.execute(text("SELECT 1"))
        served += 1
        await enough.wait()


async def burst(watch: AsyncConnection) -> None:
    enough = asyncio.Event()
    tasks = [asyncio.create_task(handle(enough)) for _ in range(25)]
    while served < 15:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)  # time for a sixteenth, if there were one
    print("25 requests at once:", await watch.scalar(OTHERS))
    enough.set()
    await asyncio.gather(*tasks)


async def main() -> None:
    async with observer.connect() as watch:
        print("at the start:", await watch.scalar(OTHERS))
        async with engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
        print("after a query:", await watch.scalar(OTHERS))
        await burst(watch)
        for _ in range(100):  # the server takes a moment to see off the overflow
            if (left := await watch.scalar(OTHERS)) <= 5:
                break
            await asyncio.sleep(0.02)
        print("afterwards:", left)
    await engine.dispose()


asyncio.run(main())
