from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy import NullPool, text
from sqlalchemy.ext.asyncio import create_async_engine

# This module runs in four worker processes. The server allows its role 20 connections.
engine = create_async_engine(DATABASE_URL, pool_size=5, max_overflow=0)
consoles = create_async_engine(DATABASE_URL, poolclass=NullPool)


@asynccontextmanager
async def lifespan(_):
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


@app.get("/report/{number}")
async def report(number: int) -> dict[str, int]:
    async with engine.connect() as connection:
        query = text("SELECT :number * 7, pg_sleep(0.4)")
        row = (await connection.execute(query, {"number": number})).one()
    return {"number": number, "answer": row[0]}


@app.get("/console")
async def console() -> str:
    """Somebody looks into the database meanwhile; leave this as it is."""
    async with consoles.connect() as connection:
        await connection.execute(text("SELECT pg_sleep(0.8)"))
    return "seen"
