import asyncio

import psycopg
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

FORMATS = {0: "text", 1: "binary"}
formats: list[str] = []


class Telling(psycopg.AsyncCursor):
    """A cursor that notes in which format the rows came."""

    async def fetchall(self):
        formats.append(FORMATS[self.format])
        return await super().fetchall()


async def main() -> None:
    async with await psycopg.AsyncConnection.connect(DSN) as connection:
        for binary in (False, True):
            cursor = connection.cursor(binary=binary)
            await cursor.execute("SELECT 7")
            print(f"cursor(binary={binary}) answers in", FORMATS[cursor.format])

    url = make_url(DATABASE_URL).set(drivername="postgresql+psycopg")
    engine = create_async_engine(url, connect_args={"cursor_factory": Telling})
    async with engine.connect() as connection:
        formats.clear()
        await connection.execute(text("SELECT 7"))
        print("through SQLAlchemy it answers in", *formats)
    await engine.dispose()


asyncio.run(main())
