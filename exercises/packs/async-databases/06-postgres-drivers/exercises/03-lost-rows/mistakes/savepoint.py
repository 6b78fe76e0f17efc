from contextlib import asynccontextmanager

import psycopg
from fastapi import FastAPI, HTTPException

TABLES = """
    CREATE TABLE shop (is_open boolean);
    INSERT INTO shop VALUES (true);
    CREATE TABLE orders (number integer PRIMARY KEY);
    CREATE TABLE item (number integer REFERENCES orders, piece integer CHECK (piece <= 4));
"""


@asynccontextmanager
async def lifespan(_):
    async with await psycopg.AsyncConnection.connect(DSN) as connection:
        await connection.execute(TABLES)
    yield


app = FastAPI(lifespan=lifespan)


@app.post("/orders/{number}/{pieces}")
async def order(number: int, pieces: int) -> dict[str, int]:
    connection = await psycopg.AsyncConnection.connect(DSN)
    try:
        cursor = await connection.execute("SELECT is_open FROM shop")
        [is_open] = await cursor.fetchone()
        if not is_open:
            raise HTTPException(503, "the shop is closed")
        async with connection.transaction():
            await connection.execute("INSERT INTO orders VALUES (%s)", [number])
            for piece in range(1, pieces + 1):
                await connection.execute("INSERT INTO item VALUES (%s, %s)", [number, piece])
    except psycopg.IntegrityError as error:
        raise HTTPException(409, "no such order is possible") from error
    finally:
        await connection.close()
    return {"order": number}
