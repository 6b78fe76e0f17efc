import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine


async def main() -> None:
    engine = create_async_engine(DATABASE_URL, echo=True)  # logs every statement
    async with engine.begin() as connection:
        await connection.execute(text("DROP TABLE IF EXISTS note"))
        await connection.execute(text("CREATE TABLE note (id integer)"))
    print("not disposed of")


asyncio.run(main())
print("and the program comes to its end")
