import asyncio
from collections import Counter
from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

# Two server connections that a pooler may put behind the client: an unused one, and one on which
# another process has prepared statements, under the names that asyncpg counts up from 1.
UNUSED = "DEALLOCATE ALL"
names = [f"__asyncpg_stmt_{number:x}__" for number in range(1, 200)]
SOMEBODY_ELSES = ";".join([UNUSED, *(f'PREPARE "{name}" AS SELECT 0' for name in names)])


async def change_server(connection: AsyncConnection, other: str) -> None:
    """Unseen by the driver, as behind a pooler."""
    driver_connection = (await connection.get_raw_connection()).driver_connection
    if connection.dialect.driver == "asyncpg":
        await driver_connection.execute(other)
    else:
        driver_connection.pgconn.exec_(other.encode())


async def ask(engine: AsyncEngine, other: str) -> str:
    try:
        async with engine.begin() as connection:
            await change_server(connection, other)
            await connection.execute(text("SELECT 7"))
    except DBAPIError as error:
        words = ("does not exist", "already exists")
        return next(each for each in words if each in str(error.orig))
    return "answered"


async def report(what: str, **options: object) -> None:
    for server, other in (("unused", UNUSED), ("somebody else's", SOMEBODY_ELSES)):
        engine = create_async_engine(DATABASE_URL, **options)
        outcomes = Counter([await ask(engine, other) for _ in range(9)])
        print(f"{what}, server connection {server}: {dict(outcomes)}")
        await engine.dispose()


async def main() -> None:
    await report("defaults", pool_size=1)
    if "asyncpg" in DATABASE_URL:
        await report("NullPool", poolclass=NullPool)
        for setting in ("prepared_statement_cache_size", "statement_cache_size"):
            await report(f"{setting}=0", pool_size=1, connect_args={setting: 0})
        unique = {"prepared_statement_name_func": lambda: f"mine_{uuid4()}"}
        await report("unique names", pool_size=1, connect_args=unique)
        await report("unique names and NullPool", poolclass=NullPool, connect_args=unique)
    else:
        await report("no prepare_threshold", pool_size=1, connect_args={"prepare_threshold": None})


asyncio.run(main())
