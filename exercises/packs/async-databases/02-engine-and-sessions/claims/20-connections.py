import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

engine = create_async_engine(DATABASE_URL, pool_size=3, max_overflow=2)
new_session = async_sessionmaker(engine, expire_on_commit=False)


def report(moment: str) -> None:
    print(f"{moment}: {engine.pool.checkedout()} in use, {engine.pool.checkedin()} idle")


async def main() -> None:
    report("engine made")
    async with new_session() as session:
        report("session made")
        await session.execute(text("SELECT 1"))
        report("first statement")
        await session.commit()
        report("committed, session open")

    sessions = [new_session() for _ in range(5)]
    await asyncio.gather(*(each.execute(text("SELECT 1")) for each in sessions))
    report("five sessions")
    for each in sessions:
        await each.close()
    report("all closed")
    await engine.dispose()


asyncio.run(main())
