import asyncio
import sqlite3
import time
from contextlib import closing

import httpx
import psycopg
from fastapi import FastAPI

REQUESTS = 20
QUERY_SECONDS = 0.01

app = FastAPI()


def connect():
    if DSN.startswith("postgresql:"):
        return psycopg.connect(DSN)
    connection = sqlite3.connect(DSN)
    connection.create_function("pg_sleep", 1, time.sleep)
    return connection


@app.get("/short")
async def short() -> None:
    with closing(connect()) as connection:
        connection.execute(f"SELECT pg_sleep({QUERY_SECONDS})")


async def main() -> None:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
        asking = [asyncio.create_task(client.get("/short")) for _ in range(REQUESTS)]
        started = time.perf_counter()
        await asyncio.gather(*asking)
        total = time.perf_counter() - started
    print(f"{REQUESTS} queries of {QUERY_SECONDS * 1000:.0f} ms in turn:", total >= 0.2)


asyncio.run(main())
