import asyncio
from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(DATABASE_URL, pool_size=4, max_overflow=0)


@asynccontextmanager
async def lifespan(_):
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE product (id integer, name text)"))
        await connection.execute(text("INSERT INTO product VALUES (1, 'tea'), (2, 'rice')"))
        await connection.execute(text("CREATE TABLE sight (columns integer)"))
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)
all_four_are_out = asyncio.Barrier(4)


async def look(connection) -> int:
    columns = len((await connection.execute(text("SELECT * FROM product"))).keys())
    await connection.execute(text("INSERT INTO sight VALUES (:columns)"), {"columns": columns})
    return columns


@app.get("/warm")
async def warm() -> dict[str, int]:  # four at once: each on a connection of its own
    async with engine.begin() as connection:
        await all_four_are_out.wait()
        return {"columns": await look(connection)}


@app.get("/migrate")
async def migrate() -> dict[str, bool]:
    async with engine.begin() as connection:
        await connection.execute(text("ALTER TABLE product ADD COLUMN price integer"))
    return {"migrated": True}


@app.get("/products")
async def products() -> dict[str, int]:
    async with engine.begin() as connection:
        return {"columns": await look(connection)}
