from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

engine = create_async_engine(DATABASE_URL, poolclass=NullPool)


# The pooler, which is not yours to change: before each transaction it puts another server
# connection behind yours. That one knows none of your prepared statements; another process has
# prepared its own there, under the names that asyncpg counts up from 1.
NAMES = [f"__asyncpg_stmt_{number:x}__" for number in range(1, 400)]
ANOTHER = ";".join(["DEALLOCATE ALL", *(f'PREPARE "{name}" AS SELECT 0' for name in NAMES)])


async def change_server(connection: AsyncConnection) -> None:
    raw = await connection.get_raw_connection()
    await raw.driver_connection.execute(ANOTHER)


@asynccontextmanager
async def transaction():
    async with engine.connect() as connection:
        await change_server(connection)
        async with connection.begin():
            yield connection


@asynccontextmanager
async def lifespan(_):
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE orders (number integer)"))
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


@app.get("/orders/{number}")
async def order(number: int) -> dict[str, int]:
    async with transaction() as connection:
        row = text("INSERT INTO orders VALUES (CAST(:number AS integer)) RETURNING number * 3")
        return {"price": await connection.scalar(row, {"number": number})}
