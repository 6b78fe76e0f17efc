import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(DATABASE_URL)


async def main() -> None:
    async with engine.begin() as connection:
        await connection.execute(text("DROP TABLE IF EXISTS note"))
        await connection.execute(text("CREATE TABLE note (id integer)"))
    async with engine.connect() as reader:
        await reader.execute(text("SELECT * FROM note"))
        await reader.commit()
        async with engine.begin() as other:
            await other.execute(text("ALTER TABLE note ADD COLUMN words text"))
        await reader.execute(text("SELECT * FROM note"))  # here


asyncio.run(main())
