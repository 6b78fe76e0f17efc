import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(DATABASE_URL)


async def main() -> None:
    async with engine.begin() as connection:
        await connection.execute(text("DROP TABLE IF EXISTS counter"))
        await connection.execute(text("CREATE TABLE counter (id integer, n integer)"))
        await connection.execute(text("INSERT INTO counter VALUES (1, 0), (2, 0)"))

    async def change(first: int, second: int) -> None:
        async with engine.begin() as connection:
            for row in (first, second):
                change = text("UPDATE counter SET n = n + 1 WHERE id = :row")
                await connection.execute(change, {"row": row})  # here
                await asyncio.sleep(0.1)

    await asyncio.gather(change(1, 2), change(2, 1))


asyncio.run(main())
