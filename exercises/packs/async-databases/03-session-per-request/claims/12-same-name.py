import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

import httpx
from fastapi import Depends, FastAPI
from sqlalchemy import select
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


async def get_session() -> AsyncIterator[AsyncSession]:
    async with new_session() as session:
        yield session


async def list_notes(session: AsyncSession) -> list[str]:
    return list(await session.scalars(select(Note.text)))


@app.post("/before")
async def before(session: Annotated[AsyncSession, Depends(get_session)]):
    session.add(Note(text="before"))


async def get_session() -> AsyncIterator[AsyncSession]:
    async with new_session.begin() as session:
        yield session


@app.post("/after")
async def after(session: Annotated[AsyncSession, Depends(get_session)]):
    session.add(Note(text="after"))


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
        await client.post("/before")
        await client.post("/after")
    async with new_session() as session:
        print("kept:", await list_notes(session))
    await engine.dispose()


asyncio.run(main())
