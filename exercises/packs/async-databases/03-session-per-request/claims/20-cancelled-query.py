import asyncio

from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine, expire_on_commit=False)
discarded: list[str] = []


@event.listens_for(engine.sync_engine, "invalidate")
def note_invalid(*_) -> None:
    discarded.append("one")


@event.listens_for(engine.sync_engine, "close")
def note_closed(*_) -> None:
    discarded.append("closed")


async def unit_of_work() -> None:
    async with new_session() as session:
        await session.execute(text("SELECT pg_sleep(20)"))


async def main() -> None:
    work = asyncio.create_task(unit_of_work())
    await asyncio.sleep(0.5)
    print("while the query runs:", engine.pool.checkedout(), "out")
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    print("ended by the cancellation:", work.cancelled())
    print("after it:", engine.pool.checkedout(), "out,", engine.pool.checkedin(), "idle", discarded)
    async with new_session() as session:
        print("the next one is answered:", await session.scalar(text("SELECT 7")))
    await engine.dispose()


asyncio.run(main())
