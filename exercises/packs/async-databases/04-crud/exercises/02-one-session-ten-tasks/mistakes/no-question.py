from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine


@asynccontextmanager
async def lifespan(_):
    async with engine.begin() as connection:
        await connection.execute(
            text("CREATE TABLE visit AS SELECT generate_series(1, 5000) AS hour")
        )
    yield
    await engine.dispose()


engine = create_async_engine(DATABASE_URL, pool_size=20)
app = FastAPI(lifespan=lifespan)


@app.get("/dashboard/{upto}")
async def dashboard(upto: int) -> list[int]:
    hours = range(1, upto + 1)
    return [sum(hour % 10 == part for hour in hours) for part in range(10)]
