import asyncio
from contextlib import asynccontextmanager

from fastapi import FastAPI, HTTPException
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(DATABASE_URL, pool_size=1, max_overflow=0)


@asynccontextmanager
async def lifespan(_):
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE done (what text, backend integer)"))
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)
note = text("INSERT INTO done VALUES (:what, pg_backend_pid())")


async def make(seconds: float) -> None:
    async with engine.begin() as connection:
        await connection.execute(note, {"what": "report"})
        await connection.execute(text(f"SELECT pg_sleep({seconds})"))


@app.get("/report/{seconds}")
async def report(seconds: float) -> dict[str, str]:
    task = asyncio.create_task(make(seconds))
    done, _ = await asyncio.wait([task], timeout=0.5)
    if not done:
        raise HTTPException(504, "the report takes too long")
    return {"report": "done"}


@app.get("/export")
async def export() -> dict[str, str]:  # may take its time
    async with engine.begin() as connection:
        await connection.execute(note, {"what": "export"})
        await connection.execute(text("SELECT pg_sleep(1.5)"))
    return {"export": "done"}
