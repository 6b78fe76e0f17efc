import asyncio
from collections.abc import Awaitable, Callable

from sqlalchemy import text
from sqlalchemy.ext.asyncio import async_scoped_session, async_sessionmaker, create_async_engine

engine = create_async_engine(DATABASE_URL, pool_size=3, max_overflow=0)
new_session = async_sessionmaker(engine)
Session = async_scoped_session(new_session, scopefunc=asyncio.current_task)


async def removing(started: asyncio.Event) -> None:
    try:
        await Session.execute(text("SELECT 1"))
        started.set()
        await asyncio.sleep(60)
    finally:
        await Session.remove()


async def in_a_block(started: asyncio.Event) -> None:
    async with new_session() as session:
        await session.execute(text("SELECT 1"))
        started.set()
        await asyncio.sleep(60)


async def cancel(job: Callable[[asyncio.Event], Awaitable[None]], times: int) -> None:
    started = asyncio.Event()
    task = asyncio.create_task(job(started))
    await started.wait()
    for _ in range(times):
        task.cancel()
        await asyncio.sleep(0)  # from the second time on, it is its cleaning up that is cancelled
    await asyncio.wait([task])
    await asyncio.sleep(0.2)
    left = f"{len(Session.registry.registry)} kept, {engine.pool.checkedout()} out"
    print(f"{job.__name__}, cancelled {times}x: {task.cancelled()}, {left}")
    Session.registry.registry.clear()


async def main() -> None:
    for times in (1, 2):
        await cancel(removing, times)
        await cancel(in_a_block, times)
    await engine.dispose()


asyncio.run(main())
