import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

import httpx
from fastapi import Depends, FastAPI
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
    async with new_session() as session:  # closes the session; who commits?
        yield session


@app.post("/notes", status_code=201)
async def create(text: str, session: Annotated[AsyncSession, Depends(get_session)]):
    note = Note(text=text)
    session.add(note)
    await session.flush()
    return {"id": note.id}


@app.get("/notes/{note_id}")
async def read(note_id: int, session: Annotated[AsyncSession, Depends(get_session)]):
    note = await session.get(Note, note_id)
    return note and {"id": note.id, "text": note.text}


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
        created = await client.post("/notes", params={"text": "remember me"})
        print("POST:", created.status_code, created.json())
        print("GET: ", (await client.get(f"/notes/{created.json()['id']}")).json())
    await engine.dispose()


asyncio.run(main())
