import asyncio
import gc
import warnings

from sqlalchemy import text
from sqlalchemy.ext.asyncio import (
    AsyncSession,
    async_scoped_session,
    async_sessionmaker,
    create_async_engine,
)

warnings.simplefilter("ignore", RuntimeWarning)  # the only trace of the mistake below
POOL_SIZE = 3
JOBS = 5

engine = create_async_engine(DATABASE_URL, pool_size=POOL_SIZE, max_overflow=0, pool_timeout=0.3)
Session: async_scoped_session[AsyncSession] = async_scoped_session(
    async_sessionmaker(engine), scopefunc=asyncio.current_task
)


async def job(number: int) -> str:
    try:
        await Session.execute(text("SELECT 1"))
    except Exception as error:
        return f"job {number}: {type(error).__name__}"
    finally:
        Session.remove()  # a coroutine, made and thrown away
    return f"job {number}: done"


async def main() -> None:
    tasks = [asyncio.create_task(job(number)) for number in range(JOBS)]
    print(*[await task for task in tasks], sep="\n")
    gc.collect()
    print("sessions in the registry:", len(Session.registry.registry))
    print("connections left out:", engine.pool.checkedout())


asyncio.run(main())
