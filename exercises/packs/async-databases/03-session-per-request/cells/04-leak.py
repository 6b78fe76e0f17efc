import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

import httpx
from fastapi import Depends, FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

POOL_SIZE = 2
REQUESTS = 3  # one after the other

engine = create_async_engine(DATABASE_URL, pool_size=POOL_SIZE, max_overflow=0, pool_timeout=0.2)
new_session = async_sessionmaker(engine)
app = FastAPI()
opened: list[AsyncSession] = []


async def get_session() -> AsyncIterator[AsyncSession]:
    session = new_session()
    opened.append(session)
    yield session  # and nobody closes it


@app.get("/ping")
async def ping(session: Annotated[AsyncSession, Depends(get_session)]) -> int:
    return await session.scalar(text("SELECT 1"))


async def main() -> None:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
        for number in range(1, REQUESTS + 1):
            try:
                status = (await client.get("/ping")).status_code
            except Exception as error:
                status = f"{type(error).__name__}: {str(error).partition(',')[0]}"
            print(f"request {number}: {status}; checked out: {engine.pool.checkedout()}")
    for session in opened:
        await session.close()
    await engine.dispose()


asyncio.run(main())
