import asyncio
import threading
import time

import httpx
from fastapi import FastAPI

app = FastAPI()
inside = peak = 0
lock = threading.Lock()


@app.get("/slow")
def slow() -> None:
    global inside, peak
    with lock:
        inside += 1
        peak = max(peak, inside)
    time.sleep(0.6)
    with lock:
        inside -= 1


async def main() -> None:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
        started = time.perf_counter()
        await asyncio.gather(*(client.get("/slow") for _ in range(60)))
        print("handlers at once, at most:", peak)
        print("60 handlers of 0.6 s took two rounds:", time.perf_counter() - started >= 1.2)


asyncio.run(main())
