import asyncio
from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(DATABASE_URL)


@event.listens_for(engine.sync_engine, "connect")
def leave_transactions_alone(connection, _record) -> None:
    connection.isolation_level = None


@event.listens_for(engine.sync_engine, "begin")
def begin(connection) -> None:
    connection.exec_driver_sql("BEGIN")


@asynccontextmanager
async def lifespan(_):
    if WORKER == 1:  # two processes run this code on one file
        async with engine.begin() as connection:
            await connection.execute(text("CREATE TABLE stock (pieces integer)"))
            await connection.execute(text("INSERT INTO stock VALUES (0)"))
            await connection.execute(text("CREATE TABLE arrival (pieces integer)"))
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)
one_at_a_time = asyncio.Lock()


@app.get("/arrived/{pieces}")
async def arrived(pieces: int) -> dict[str, int]:
    async with one_at_a_time, engine.begin() as connection:
        before = await connection.scalar(text("SELECT pieces FROM stock"))
        await asyncio.sleep(0.1)  # is there room on the shelf? somebody else's answer
        after = {"pieces": before + pieces}
        await connection.execute(text("UPDATE stock SET pieces = :pieces"), after)
        await connection.execute(text("INSERT INTO arrival VALUES (:pieces)"), {"pieces": pieces})
    return after
