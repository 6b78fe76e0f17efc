import asyncio

import psycopg
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

url = make_url(DATABASE_URL)


def say(what: str, outcome: object) -> None:
    print(f"{what}: {outcome}")


async def ask(what: str, drivername: str, **query: str) -> None:
    try:
        engine = create_async_engine(url.set(drivername=drivername).update_query_dict(query))
        async with engine.connect() as connection:
            say(what, f"{await connection.scalar(text('SELECT 7'))} through {engine.driver}")
        await engine.dispose()
    except Exception as error:
        say(what, type(error).__name__)


async def main() -> None:
    await ask("postgresql+asyncpg", "postgresql+asyncpg")
    await ask("postgresql+psycopg", "postgresql+psycopg")
    await ask("no driver named", "postgresql")
    await ask("postgresql+aiopg", "postgresql+aiopg")
    await ask("asyncpg with ssl", "postgresql+asyncpg", ssl="prefer")
    await ask("asyncpg with sslmode", "postgresql+asyncpg", sslmode="prefer")
    await ask("psycopg with sslmode", "postgresql+psycopg", sslmode="prefer")
    await ask("psycopg with ssl", "postgresql+psycopg", ssl="prefer")


with create_engine(url.set(drivername="postgresql+psycopg")).connect() as connection:
    say("the same URL in create_engine", connection.scalar(text("SELECT 7")))
try:
    with create_engine(url.set(drivername="postgresql+asyncpg")).connect() as connection:
        say("asyncpg in create_engine", connection.scalar(text("SELECT 7")))
except Exception as error:
    say("asyncpg in create_engine", type(error).__name__)
say("psycopg brings its own libpq", psycopg.pq.__impl__ == "binary")
asyncio.run(main())
