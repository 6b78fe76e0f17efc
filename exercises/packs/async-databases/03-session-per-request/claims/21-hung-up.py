import asyncio
from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(DATABASE_URL)


@asynccontextmanager
async def lifespan(_):
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE note (words TEXT)"))
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


@app.post("/notes")
async def create() -> None:
    await asyncio.sleep(0.8)  # by now the client has gone
    async with engine.begin() as connection:
        await connection.execute(text("INSERT INTO note VALUES ('written for nobody')"))


@app.get("/")
async def still_there() -> None:
    pass
