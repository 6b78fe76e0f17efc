import asyncio
import sqlite3
import time
from contextlib import closing

import httpx
import psycopg
from fastapi import FastAPI

REQUESTS = 10  # at the same time
QUERY_SECONDS = 0.1

app = FastAPI()


def connect():
    if DSN.startswith("postgresql:"):
        return psycopg.connect(DSN)
    connection = sqlite3.connect(DSN)
    connection.create_function("pg_sleep", 1, time.sleep)  # a slow query for SQLite
    return connection


@app.get("/report")
async def report() -> dict[str, bool]:
    with closing(connect()) as connection:
        connection.execute(f"SELECT pg_sleep({QUERY_SECONDS})")  # no await: nobody else may run
    return {"done": True}


async def heartbeat(gaps: list[float]) -> None:
    while True:
        before = time.perf_counter()
        await asyncio.sleep(0.005)
        gaps.append(time.perf_counter() - before)


async def main() -> None:
    gaps: list[float] = []
    ticking = asyncio.create_task(heartbeat(gaps))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
        started = time.perf_counter()
        await asyncio.gather(*(client.get("/report") for _ in range(REQUESTS)))
        total = time.perf_counter() - started
        await asyncio.sleep(0.02)
    ticking.cancel()
    print(f"{REQUESTS} requests of {QUERY_SECONDS * 1000:.0f} ms took {total:.2f} s")
    print(f"longest silence of the event loop: {max(gaps):.2f} s")


asyncio.run(main())
