import asyncio
import warnings

from sqlalchemy import text
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

engine = create_async_engine(DATABASE_URL)
LEVEL = text("SHOW transaction_isolation")
STRICT = {"isolation_level": "SERIALIZABLE"}


async def main() -> None:
    async with engine.connect() as connection:
        await connection.execution_options(**STRICT)
        print("connection, in time:", await connection.scalar(LEVEL))
    async with engine.connect() as connection:
        await connection.execute(text("SELECT 1"))
        try:
            await connection.execution_options(**STRICT)
        except InvalidRequestError as error:
            print("connection, too late:", type(error).__name__)
    async with AsyncSession(engine) as session:
        await session.connection(execution_options=STRICT)
        print("session, in time:", await session.scalar(LEVEL))
    async with AsyncSession(engine) as session:
        await session.execute(text("SELECT 1"))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            await session.connection(execution_options=STRICT)
        kinds = [each.category.__name__ for each in caught]
        print("session, too late:", await session.scalar(LEVEL), kinds)
    await engine.dispose()


asyncio.run(main())
