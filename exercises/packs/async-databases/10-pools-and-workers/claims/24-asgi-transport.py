import asyncio
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI, Request
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.engine = create_async_engine(DATABASE_URL)
    yield
    await app.state.engine.dispose()


app = FastAPI(lifespan=lifespan)


@app.get("/")
async def root(request: Request) -> int:
    async with request.app.state.engine.connect() as connection:
        return await connection.scalar(text("SELECT 7"))


async def ask() -> str:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
        return (await client.get("/")).text


async def main() -> None:
    try:
        await ask()
    except AttributeError as error:
        print("no lifespan:", error)
    async with app.router.lifespan_context(app):
        print("lifespan entered:", await ask())


asyncio.run(main())
