import asyncio

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(DATABASE_URL)


async def main() -> None:
    try:
        async with engine.connect() as connection:
            number = await connection.scalar(text("SELECT CAST(:n AS integer) + 1"), {"n": "1"})
        print(f"{engine.driver} took the text '1' for an integer: {number}")
    except DBAPIError as error:
        print(f"{engine.driver} refused it:", type(error.orig.__cause__).__name__)
    await engine.dispose()


asyncio.run(main())
