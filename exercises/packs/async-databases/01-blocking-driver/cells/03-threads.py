import asyncio
import time

import httpx
from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import create_engine, event, text

sqlite = DATABASE_URL.startswith("sqlite")
engine = create_engine(f"sqlite:///{DSN}" if sqlite else DATABASE_URL.replace("asyncpg", "psycopg"))
app = FastAPI()


@event.listens_for(engine, "connect")
def add_slow_query(connection, _record) -> None:
    if sqlite:
        connection.create_function("pg_sleep", 1, time.sleep)


def ask() -> None:
    with engine.connect() as connection:  # a synchronous driver
        connection.execute(text("SELECT pg_sleep(0.1)"))


@app.get("/plain-def")
def plain_def() -> None:  # FastAPI calls it in a worker thread; what if it were async?
    ask()


@app.get("/offloaded")
async def offloaded() -> None:
    await run_in_threadpool(ask)


async def measure(client: httpx.AsyncClient, path: str) -> dict[str, str]:
    requests = [asyncio.create_task(client.get(path)) for _ in range(10)]
    started = before = time.perf_counter()
    silence = 0.0
    while not all(request.done() for request in requests):
        await asyncio.sleep(0.002)
        silence = max(silence, time.perf_counter() - before)
        before = time.perf_counter()
    return {"handler": path, "total": f"{before - started:.2f} s", "silence": f"{silence:.2f} s"}


async def main() -> list[dict[str, str]]:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
        return [await measure(client, path) for path in ("/plain-def", "/offloaded")]


asyncio.run(main())
