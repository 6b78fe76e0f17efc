import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine

POOL_SIZE = 3  # kept when idle
MAX_OVERFLOW = 2  # more at the peak


def report(moment: str, engine: AsyncEngine) -> dict[str, object]:
    pool = engine.pool
    return {"moment": moment, "in use": pool.checkedout(), "idle": pool.checkedin()}


async def main() -> list[dict[str, object]]:
    engine = create_async_engine(DATABASE_URL, pool_size=POOL_SIZE, max_overflow=MAX_OVERFLOW)
    new_session = async_sessionmaker(engine, expire_on_commit=False)
    print(type(engine.pool).__name__, "of", engine.pool.size())
    rows = [report("engine made", engine)]

    async with new_session() as session:
        rows.append(report("session made", engine))
        await session.execute(text("SELECT 1"))
        rows.append(report("first statement", engine))
        await session.commit()
        rows.append(report("after commit", engine))

        sessions = [new_session() for _ in range(5)]
        await asyncio.gather(*(each.execute(text("SELECT 1")) for each in sessions))
        rows.append(report("5 more sessions", engine))
        for each in sessions:
            await each.close()
        rows.append(report("all closed", engine))

    await engine.dispose()
    rows.append(report("disposed", engine))
    return rows


asyncio.run(main())
