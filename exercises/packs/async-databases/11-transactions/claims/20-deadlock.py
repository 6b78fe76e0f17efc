import asyncio

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(DATABASE_URL)
LOCK = text("SELECT n FROM account WHERE id = :id FOR UPDATE")


async def transfer(first: int, second: int, both: asyncio.Barrier | None) -> str:
    try:
        async with engine.begin() as connection:
            await connection.execute(LOCK, {"id": first})
            if both:
                await both.wait()  # each has one of the two
            await connection.execute(LOCK, {"id": second})
    except DBAPIError as error:
        return error.orig.sqlstate
    return "committed"


async def main() -> None:
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE account (id int PRIMARY KEY, n int)"))
        await connection.execute(text("INSERT INTO account VALUES (1, 0), (2, 0)"))
    both = asyncio.Barrier(2)
    outcomes = await asyncio.gather(transfer(1, 2, both), transfer(2, 1, both))
    print("each its own order:", sorted(outcomes))
    outcomes = await asyncio.gather(transfer(1, 2, None), transfer(1, 2, None))
    print("in one order:", sorted(outcomes))
    await engine.dispose()


asyncio.run(main())
