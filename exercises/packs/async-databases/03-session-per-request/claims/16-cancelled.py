import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

import httpx
from fastapi import Depends, FastAPI
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine, expire_on_commit=False)
app = FastAPI()


class Base(DeclarativeBase):
    pass


class Note(Base):
    __tablename__ = "note"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]


caught: list[str] = []


async def get_session() -> AsyncIterator[AsyncSession]:
    async with new_session() as session:
        try:
            yield session
            await session.commit()
        except Exception as error:
            caught.append(type(error).__name__)
            raise


@app.post("/notes")
async def create(session: Annotated[AsyncSession, Depends(get_session)]):
    session.add(Note(text="half done"))
    await session.flush()
    await asyncio.sleep(10)  # another service, and nobody waits any longer


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
        request = asyncio.create_task(client.post("/notes"))
        while not engine.pool.checkedout():  # until the handler holds its connection
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        request.cancel()
        try:
            await request
        except asyncio.CancelledError:
            print("cancelled; except Exception caught:", caught)
    print("left out:", engine.pool.checkedout())
    async with new_session() as session:
        print("rows:", await session.scalar(select(func.count()).select_from(Note)))
    await engine.dispose()


asyncio.run(main())
