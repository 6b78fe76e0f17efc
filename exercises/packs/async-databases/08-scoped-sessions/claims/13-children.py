import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import async_scoped_session, async_sessionmaker, create_async_engine

engine = create_async_engine(DATABASE_URL)
Session = async_scoped_session(async_sessionmaker(engine), scopefunc=asyncio.current_task)


async def count() -> int:
    return await Session.scalar(text("SELECT count(*) FROM visit"))


async def count_and_remove() -> int:
    try:
        return await count()
    finally:
        await Session.remove()


async def main() -> None:
    async with engine.begin() as connection:
        await connection.execute(text("DROP TABLE IF EXISTS visit"))
        await connection.execute(text("CREATE TABLE visit (id INTEGER)"))
    await Session.execute(text("INSERT INTO visit VALUES (1)"))  # not committed yet
    print("awaited, it sees", await count(), "row")
    print("gathered, it sees", *await asyncio.gather(count(), count()), "rows")
    await Session.remove()
    print("after the parent's remove():", len(Session.registry.registry), "sessions are left")
    await asyncio.gather(count_and_remove(), count_and_remove())
    print("children that remove their own leave no more:", len(Session.registry.registry))
    for session in Session.registry.registry.values():
        await session.close()
    await engine.dispose()


asyncio.run(main())
