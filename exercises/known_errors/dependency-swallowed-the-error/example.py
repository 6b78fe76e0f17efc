import asyncio

import httpx
from fastapi import Depends, FastAPI

app = FastAPI()


async def get_session():
    try:
        yield "a session"
    except Exception:
        print("rolled back")


@app.get("/")
async def read(session=Depends(get_session)):
    raise ValueError("no such account")


async def main() -> None:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://cell") as client:
        await client.get("/")  # here


asyncio.run(main())
