import psycopg
from fastapi import FastAPI

app = FastAPI()


@app.get("/report/{number}")
async def report(number: int) -> dict[str, int]:
    with psycopg.connect(DSN) as connection:
        row = connection.execute("SELECT %s * 7, pg_sleep(0.1)", [number]).fetchone()
    return {"number": number, "answer": row[0]}
