import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(DATABASE_URL, isolation_level="REPEATABLE READ")


async def main() -> None:
    async with engine.begin() as connection:
        await connection.execute(text("DROP TABLE IF EXISTS counter"))
        await connection.execute(text("CREATE TABLE counter (id integer, n integer)"))
        await connection.execute(text("INSERT INTO counter VALUES (1, 0), (2, 0)"))

    add_one = text("UPDATE counter SET n = n + 1 WHERE id = 1")
    async with engine.connect() as one, engine.connect() as other:
        await one.execute(text("SELECT n FROM counter"))
        await other.execute(add_one)
        await other.commit()
        await one.execute(add_one)  # here


asyncio.run(main())
