import asyncio

from sqlalchemy import NullPool, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine


async def ask(engine: AsyncEngine, *, dispose: bool = False) -> None:
    async with engine.connect() as connection:
        await connection.execute(text("SELECT 1"))
    if dispose:
        await engine.dispose()


def run_twice(title: str, engine: AsyncEngine, *, dispose: bool = False) -> None:
    asyncio.run(ask(engine, dispose=dispose))
    try:
        asyncio.run(ask(engine, dispose=dispose))
    except Exception as error:
        while error.__context__ is not None and "loop" not in str(error):
            error = error.__context__
        print(f"{title}: {type(error).__name__}: {error}")
    else:
        print(f"{title}: answered twice")


run_twice("NullPool", create_async_engine(DATABASE_URL, poolclass=NullPool))
run_twice("dispose in the loop", create_async_engine(DATABASE_URL), dispose=True)
run_twice("as it is", create_async_engine(DATABASE_URL))
