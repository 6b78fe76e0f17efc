from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy import NullPool, text
from sqlalchemy.ext.asyncio import create_async_engine

# Four worker processes run this module.
engine = create_async_engine(DATABASE_URL, pool_size=2, max_overflow=2)

# Notes in the table `seen` how many connections there are, without its own.
observer = create_async_engine(
    DATABASE_URL,
    poolclass=NullPool,
    isolation_level="AUTOCOMMIT",
    connect_args={"server_settings": {"application_name": "observer"}},
)
NOTE = text("""
    INSERT INTO seen SELECT CAST(:moment AS text), count(*) FROM pg_stat_activity
    WHERE usename = current_user AND application_name <> 'observer'
""")


@asynccontextmanager
async def lifespan(_):
    async with observer.connect() as connection:
        await connection.execute(text("SELECT pg_advisory_lock(1)"))  # one worker at a time
        await connection.execute(text("CREATE TABLE IF NOT EXISTS seen (moment text, n int)"))
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


@app.get("/count/{moment}")
async def count(moment: str) -> None:
    async with observer.connect() as connection:
        await connection.execute(NOTE, {"moment": moment})


@app.get("/work/{moment}")
async def work(moment: str) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("SELECT pg_sleep(1.6)"))
        await connection.execute(NOTE, {"moment": moment})
