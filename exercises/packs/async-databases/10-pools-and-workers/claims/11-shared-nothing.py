from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

answered = 0  # of this module, and so of this process


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.engine = create_async_engine(DATABASE_URL)
    yield
    await app.state.engine.dispose()


app = FastAPI(lifespan=lifespan)


@app.get("/")
async def root(request: Request) -> dict[str, int | str]:
    global answered
    answered += 1
    engine = request.app.state.engine
    async with engine.connect() as connection:
        await connection.execute(text("SELECT 1"))
        here = engine.pool.checkedout()
    return {"worker": WORKER, "answered": answered, "connections": here}
