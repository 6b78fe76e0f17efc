import psycopg
from fastapi import FastAPI

app = FastAPI()


async def ask(number: int) -> int:
    with psycopg.connect(DSN) as connection:
        return connection.execute("SELECT %s * 7, pg_sleep(0.1)", [number]).fetchone()[0]


@app.get("/report/{number}")
async def report(number: int) -> dict[str, int]:
    return {"number": number, "answer": await ask(number)}
