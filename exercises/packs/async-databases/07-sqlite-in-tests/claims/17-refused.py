import asyncio

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(DATABASE_URL)
TABLES = (
    "DROP TABLE IF EXISTS book",
    "DROP TABLE IF EXISTS author",
    "CREATE TABLE author (id integer PRIMARY KEY, name varchar(50), age integer)",
    "CREATE TABLE book (author integer REFERENCES author (id))",
)


async def attempt(what: str, statement: str, foreign_keys: str = "OFF") -> None:
    outcome = "accepted"
    try:
        async with engine.connect() as connection:
            if engine.dialect.name == "sqlite":  # OFF is SQLite's own default
                await connection.execute(text(f"PRAGMA foreign_keys = {foreign_keys}"))
                await connection.commit()
            await connection.execute(text(statement))
            await connection.rollback()
    except DBAPIError as error:
        outcome = f"refused, {getattr(error.orig, 'sqlstate', type(error).__name__)}"
    print(f"{what}: {outcome}")


async def main() -> None:
    async with engine.begin() as connection:
        for table in TABLES:
            await connection.execute(text(table))
    await attempt("200 letters in varchar(50)", f"INSERT INTO author VALUES (1, '{'x' * 200}', 7)")
    await attempt("text in an integer column", "INSERT INTO author VALUES (2, 'Ada', 'old')")
    await attempt("unknown column in quotes", 'SELECT "nowhere" FROM author')
    await attempt("a book of nobody", "INSERT INTO book VALUES (7)")
    if engine.dialect.name == "sqlite":
        await attempt("a book of nobody, foreign_keys = ON", "INSERT INTO book VALUES (7)", "ON")
    await engine.dispose()


asyncio.run(main())
