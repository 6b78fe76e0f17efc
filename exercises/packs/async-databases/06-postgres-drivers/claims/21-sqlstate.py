import asyncio

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(DATABASE_URL, isolation_level="SERIALIZABLE")


async def add_one(both_have_read: asyncio.Barrier) -> str:
    """Read the rows, then add one: of two at a time the server allows only one."""
    try:
        async with engine.begin() as connection:
            await connection.execute(text("SELECT count(*) FROM stock"))
            await both_have_read.wait()
            await connection.execute(text("INSERT INTO stock VALUES (1)"))
    except DBAPIError as error:
        return f"{type(error).__name__} {error.orig.sqlstate}"
    return "committed"


async def main() -> None:
    async with engine.begin() as connection:
        await connection.execute(text("DROP TABLE IF EXISTS stock"))
        await connection.execute(text("CREATE TABLE stock (item integer)"))
    both_have_read = asyncio.Barrier(2)
    outcomes = await asyncio.gather(add_one(both_have_read), add_one(both_have_read))
    print(f"{engine.driver}:", sorted(outcomes))
    await engine.dispose()


asyncio.run(main())
