import asyncio

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(DATABASE_URL, pool_size=1, max_overflow=0)
backend = text("SELECT pg_backend_pid()")


async def cut_off_by_the_client() -> None:
    try:
        async with asyncio.timeout(0.1), engine.connect() as connection:
            await connection.execute(text("SELECT pg_sleep(5)"))
    except TimeoutError:
        print("asyncio.timeout: TimeoutError")


async def cut_off_by_the_server() -> None:
    try:
        async with engine.begin() as connection:
            await connection.execute(text("SET LOCAL statement_timeout = '100ms'"))
            await connection.execute(text("SELECT pg_sleep(5)"))
    except DBAPIError as error:
        print("statement_timeout:", error.orig.sqlstate)


async def get_backend() -> int:
    async with engine.connect() as connection:
        return await connection.scalar(backend)


async def main() -> None:
    for cut_off in (cut_off_by_the_server, cut_off_by_the_client):
        before = await get_backend()
        await cut_off()
        kept = before == await get_backend()
        print("the connection was", "kept" if kept else "thrown away")
    print("connections left out:", engine.pool.checkedout())
    await engine.dispose()


asyncio.run(main())
