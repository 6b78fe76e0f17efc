import asyncio

import asyncpg
from sqlalchemy import DDL, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.sql.expression import Executable

engine = create_async_engine(DATABASE_URL, pool_size=3, max_overflow=0)


async def read(all_are_out: asyncio.Barrier | None = None) -> str:
    try:
        async with engine.connect() as connection:
            if all_are_out:
                await all_are_out.wait()
            await connection.execute(text("SELECT * FROM note"))
    except DBAPIError as error:
        return type(error.orig.__cause__).__name__
    return "read"


async def with_bare_asyncpg() -> list[int]:
    connection = await asyncpg.connect(DSN)
    columns = []
    for number in range(2):
        await connection.fetchrow("SELECT * FROM note")
        await connection.execute(f"ALTER TABLE note ADD COLUMN more_{number} text")
        columns.append(len(await connection.fetchrow("SELECT * FROM note")))
    await connection.close()
    return columns


async def alter_under_traffic(statement: Executable) -> list[str]:
    all_are_out = asyncio.Barrier(3)
    await asyncio.gather(*(read(all_are_out) for _ in range(3)))  # three connections have read
    async with engine.begin() as connection:
        await connection.execute(statement)
    return [await read() for _ in range(6)]


async def main() -> None:
    async with engine.begin() as connection:
        await connection.execute(text("DROP TABLE IF EXISTS note"))
        await connection.execute(text("CREATE TABLE note (id integer)"))
        await connection.execute(text("INSERT INTO note VALUES (1)"))
    for kind in (text, DDL):
        outcomes = await alter_under_traffic(kind(f"ALTER TABLE note ADD {kind.__name__} text"))
        print(f"after ALTER TABLE as {kind.__name__}, {engine.driver}:", outcomes)
    await engine.dispose()
    print("bare asyncpg, no transaction, columns read:", await with_bare_asyncpg())


asyncio.run(main())
