import asyncio
from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

COUNT = text("SELECT count(*) FROM visit, pg_sleep(0.2) WHERE hour <= :upto AND hour % 10 = :part")


@asynccontextmanager
async def lifespan(_):
    async with engine.begin() as connection:
        await connection.execute(
            text("CREATE TABLE visit AS SELECT generate_series(1, 5000) AS hour")
        )
    yield
    await engine.dispose()


engine = create_async_engine(DATABASE_URL, pool_size=20)
new_session = async_sessionmaker(engine)
app = FastAPI(lifespan=lifespan)


async def count(session: AsyncSession, upto: int, part: int) -> int:
    return await session.scalar(COUNT, {"upto": upto, "part": part})


@app.get("/dashboard/{upto}")
async def dashboard(upto: int) -> list[int]:
    async with new_session() as session:
        return await asyncio.gather(*(count(session, upto, part) for part in range(10)))
