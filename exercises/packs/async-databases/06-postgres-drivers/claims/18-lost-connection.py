import asyncio

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

KILL = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = :pid")
pid = text("SELECT pg_backend_pid()")


async def ask(engine: AsyncEngine) -> str:
    try:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT 7"))
    except DBAPIError as error:
        return type(error).__name__
    return "answered"


async def lose(what: str, **options: bool) -> None:
    engine = create_async_engine(DATABASE_URL, **options)
    async with engine.connect() as connection:
        victim = await connection.scalar(pid)
    other = create_async_engine(DATABASE_URL)
    async with other.connect() as connection:
        while (await connection.execute(KILL, {"pid": victim})).all():
            await connection.rollback()  # in one transaction the list of backends stays the same
            await asyncio.sleep(0.05)
    await asyncio.sleep(0.1)
    print(f"{what}: {await ask(engine)}, then {await ask(engine)}")
    await other.dispose()
    await engine.dispose()


async def main() -> None:
    await lose("without pre_ping")
    await lose("with pre_ping", pool_pre_ping=True)


asyncio.run(main())
