import asyncio

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(DATABASE_URL)
TRIES = {
    "200 letters in varchar(50)": "INSERT INTO visit (name) VALUES ('" + "x" * 200 + "')",
    "text in an integer column": "INSERT INTO visit (age) VALUES ('old')",
    "division of 7 by 2": "SELECT 7 / 2 AS half",
    "unknown column in quotes": 'SELECT "nowhere" FROM visit',
}


async def attempt(statement: str) -> str:
    try:
        async with engine.begin() as connection:
            await connection.execute(text(statement))
    except DBAPIError as error:
        return f"refused: {str(error.orig).splitlines()[0][:60]}"
    return "accepted"


async def main() -> list[dict[str, str]]:
    async with engine.begin() as connection:
        await connection.execute(text("DROP TABLE IF EXISTS visit"))
        await connection.execute(text("CREATE TABLE visit (name varchar(50), age integer)"))
    rows = [{"what": what, "outcome": await attempt(sql)} for what, sql in TRIES.items()]
    await engine.dispose()
    return rows


asyncio.run(main())
