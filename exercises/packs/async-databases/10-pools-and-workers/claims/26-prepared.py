import asyncio

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(DATABASE_URL)


async def main() -> None:
    # Two server connections, as a pooler in transaction mode may lend in turn to one client.
    async with engine.connect() as first, engine.connect() as second:
        await first.execute(text("PREPARE seven AS SELECT 7"))
        await first.commit()
        print("on the connection that prepared it:", await first.scalar(text("EXECUTE seven")))
        try:
            await second.execute(text("EXECUTE seven"))
        except DBAPIError as error:
            print("on another:", error.orig.sqlstate, 'prepared statement "seven"' in str(error))
    await engine.dispose()


asyncio.run(main())
