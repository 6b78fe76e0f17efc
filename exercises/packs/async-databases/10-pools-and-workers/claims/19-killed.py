import asyncio

from sqlalchemy import NullPool, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

admin = create_async_engine(DATABASE_URL, poolclass=NullPool)


async def end_all_others() -> None:
    """What a restart of the server, or a firewall's idea of "idle", does."""
    others = "usename = current_user AND pid <> pg_backend_pid()"
    async with admin.connect() as connection:
        query = f"SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity WHERE {others}"
        await connection.execute(text(query))


async def ask(engine: AsyncEngine) -> str:
    try:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
    except DBAPIError as error:
        return f"failed, recognised as a lost connection: {error.connection_invalidated}"
    return "answered"


async def main() -> None:
    for title, pre_ping in (("without", False), ("with pre_ping", True)):
        engine = create_async_engine(DATABASE_URL, pool_size=3, pool_pre_ping=pre_ping)
        borrowed = [await engine.connect() for _ in range(3)]
        for connection in borrowed:
            await connection.close()
        await end_all_others()
        for number in range(1, 4):
            print(f"{title}, request {number}:", await ask(engine))
        await engine.dispose()


asyncio.run(main())
