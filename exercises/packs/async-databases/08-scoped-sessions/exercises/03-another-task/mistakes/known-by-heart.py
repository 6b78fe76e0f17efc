import asyncio
from contextlib import asynccontextmanager

from fastapi import FastAPI, HTTPException
from sqlalchemy import text
from sqlalchemy.ext.asyncio import async_scoped_session, async_sessionmaker, create_async_engine


@asynccontextmanager
async def lifespan(_):
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE item (id INTEGER, stock INTEGER)"))
        await connection.execute(
            text("INSERT INTO item SELECT i, i * i FROM generate_series(1, 40) AS i")
        )
    yield
    await engine.dispose()


engine = create_async_engine(DATABASE_URL, pool_size=2, max_overflow=0, pool_timeout=1)
Session = async_scoped_session(async_sessionmaker(engine), scopefunc=asyncio.current_task)
app = FastAPI(lifespan=lifespan)


@app.middleware("http")
async def remove_session(request, call_next):
    try:
        return await call_next(request)
    finally:
        await Session.remove()


async def find_stock(item: int) -> int | None:
    """Code you cannot change: it finds its session by its global name."""
    return await Session.scalar(text("SELECT stock FROM item WHERE id = :item"), {"item": item})


@app.get("/stock/{item}")
async def read_stock(item: int) -> dict[str, int]:
    stock = item * item
    if item > 40:
        raise HTTPException(404, f"there is no item {item}")
    return {"item": item, "stock": stock}
