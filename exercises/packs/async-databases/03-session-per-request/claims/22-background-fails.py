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
    async with new_session.begin() as session:
        yield session


async def send_mail(address: str) -> None:
    if "@" not in address:
        raise ValueError(address)


@app.post("/notes")
async def create(
    address: str,
    session: Annotated[AsyncSession, Depends(get_session)],
    later: BackgroundTasks,
):
    await session.execute(text("INSERT INTO note VALUES (:address)"), {"address": address})
    later.add_task(send_mail, address)


async def main() -> None:
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE note (address TEXT)"))
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
        for address in ("ada@example.org", "nowhere"):
            answer = await client.post("/notes", params={"address": address})
            print(f"{address}: {answer.status_code}")
    async with engine.connect() as connection:
        print("kept:", (await connection.scalars(text("SELECT address FROM note"))).all())
    await engine.dispose()


asyncio.run(main())
