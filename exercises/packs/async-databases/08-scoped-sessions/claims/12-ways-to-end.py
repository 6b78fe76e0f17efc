import asyncio
import gc
import warnings
from collections.abc import Awaitable, Callable

from sqlalchemy import text
from sqlalchemy.ext.asyncio import async_scoped_session, async_sessionmaker, create_async_engine


async def without_await(session: async_scoped_session) -> None:
    session.remove()


async def close(session: async_scoped_session) -> None:
    await session.close()


async def leave_block(session: async_scoped_session) -> None:
    async with session():
        await session.execute(text("SELECT 2"))


async def remove(session: async_scoped_session) -> None:
    await session.remove()


async def try_out(end: Callable[[async_scoped_session], Awaitable[None]]) -> None:
    engine = create_async_engine(DATABASE_URL, pool_size=3, max_overflow=0)
    session = async_scoped_session(async_sessionmaker(engine), asyncio.current_task)

    async def job() -> None:
        await session.execute(text("SELECT 1"))
        await end(session)

    for _ in range(3):
        await asyncio.create_task(job())
    gc.collect()
    kept = session.registry.registry
    print(f"{end.__name__}: {len(kept)} sessions kept, {engine.pool.checkedout()} connections out")
    print(f"{end.__name__}: {sum(task.done() for task in kept)} finished tasks kept")
    for each in kept.values():
        await each.close()
    await engine.dispose()


async def main() -> None:
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always", RuntimeWarning)
        await try_out(without_await)
    print("warned of:", {str(each.message) for each in seen if each.category is RuntimeWarning})
    for end in (close, leave_block, remove):
        await try_out(end)


asyncio.run(main())
