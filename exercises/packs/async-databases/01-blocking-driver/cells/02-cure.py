import asyncio
import time

import httpx
from fastapi import FastAPI
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import create_async_engine

REQUESTS = 10  # at the same time
QUERY_SECONDS = 0.1
POOL_SIZE = 10

app = FastAPI()
engine = create_async_engine(DATABASE_URL, pool_size=POOL_SIZE, max_overflow=0)


@event.listens_for(engine.sync_engine, "connect")
def add_slow_query(connection, _record) -> None:
    if engine.dialect.name == "sqlite":
        connection.create_function("pg_sleep", 1, time.sleep)


@app.get("/report")
async def report() -> dict[str, bool]:
    async with engine.connect() as connection:
        # The loop goes on meanwhile.
        await connection.execute(text(f"SELECT pg_sleep({QUERY_SECONDS})"))
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
    ticking.cancel()
    await engine.dispose()
    print(f"{REQUESTS} requests of {QUERY_SECONDS * 1000:.0f} ms took {total:.2f} s")
    print(f"longest silence of the event loop: {max(gaps):.2f} s")


asyncio.run(main())
