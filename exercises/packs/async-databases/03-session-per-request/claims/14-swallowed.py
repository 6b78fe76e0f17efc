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


async def swallows() -> AsyncIterator[AsyncSession]:
    async with new_session() as session:
        try:
            yield session
            await session.commit()
        except Exception:
            await session.rollback()


@app.post("/notes")
async def create(session: Annotated[AsyncSession, Depends(swallows)]):
    session.add(Note(text="half done"))
    await session.flush()
    raise ValueError("the handler's own error")


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
        print("the client sees", (await client.post("/notes")).status_code)
        async with new_session() as session:
            print("rows:", await session.scalar(select(func.count()).select_from(Note)))
    loud = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=loud, base_url="http://app") as client:
        try:
            await client.post("/notes")
        except Exception as error:
            print("the log has:", type(error).__name__, "of the handler:", "own" in str(error))
            print(str(error).partition(".")[0])
    await engine.dispose()


asyncio.run(main())
