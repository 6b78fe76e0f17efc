import psycopg
from fastapi import FastAPI

app = FastAPI()


@app.get("/report/{number}")
async def report(number: int) -> dict[str, int]:
    async with await psycopg.AsyncConnection.connect(DSN) as connection:
        cursor = await connection.execute("SELECT %s * 7, pg_sleep(0.1)", [number])
        row = await cursor.fetchone()
    return {"number": number, "answer": row[0]}
