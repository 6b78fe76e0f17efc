import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

import httpx
from fastapi import BackgroundTasks, Depends, FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine, expire_on_commit=False)
app = FastAPI()


async def get_session() -> AsyncIterator[AsyncSession]:
    async with new_session() as session:
        yield session


async def look_later(session: AsyncSession) -> None:
    held = engine.pool.checkedout()
    await session.execute(text("SELECT 1"))
    print(f"out of the pool before the task: {held}, in it: {engine.pool.checkedout()}")


@app.post("/default")
async def default(session: Annotated[AsyncSession, Depends(get_session)], later: BackgroundTasks):
    await session.execute(text("SELECT 1"))
    later.add_task(look_later, session)


async def main() -> None:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
        await client.post("/default")
        print("left out afterwards:", engine.pool.checkedout())
    await engine.dispose()


asyncio.run(main())
