import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

import httpx
from fastapi import Depends, FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine, expire_on_commit=False)
app = FastAPI()


async def get_session() -> AsyncIterator[AsyncSession]:
    async with new_session() as session:
        yield session


Session = Annotated[AsyncSession, Depends(get_session)]
Own = Annotated[AsyncSession, Depends(get_session, use_cache=False)]


async def get_user(session: Session) -> AsyncSession:
    return session


@app.get("/shared")
async def shared(one: Session, other: Annotated[AsyncSession, Depends(get_user)]) -> str:
    return f"one session: {one is other}"


@app.get("/own")
async def own(one: Session, other: Own) -> str:
    await one.execute(text("SELECT 1"))
    await other.execute(text("SELECT 1"))
    return f"one session: {one is other}, connections: {engine.pool.checkedout()}"


async def main() -> None:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
        for path in ("/shared", "/own"):
            print(path, (await client.get(path)).json())
    await engine.dispose()


asyncio.run(main())
