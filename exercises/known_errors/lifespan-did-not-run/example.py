import asyncio
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.engine = "an engine"
    yield


app = FastAPI(lifespan=lifespan)


@app.get("/")
async def read():
    return app.state.engine  # here


async def main() -> None:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://cell") as client:
        await client.get("/")


asyncio.run(main())
