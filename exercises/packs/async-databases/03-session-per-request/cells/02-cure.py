import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

import httpx
from fastapi import Depends, FastAPI, HTTPException
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
    async with new_session.begin() as session:  # commits, or rolls back and closes
        yield session


Session = Annotated[AsyncSession, Depends(get_session, scope="function")]


@app.post("/notes", status_code=201)
async def create(text: str, session: Session):
    session.add(note := Note(text=text))
    await session.flush()
    if not text:
        raise HTTPException(422, "a note needs text")
    return {"id": note.id}


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
        for text in ("remember me", "", "me too"):
            answer = await client.post("/notes", params={"text": text})
            print(f"{text!r}: {answer.status_code}")
    async with new_session() as session:
        print("kept:", (await session.scalars(select(Note.text).order_by(Note.id))).all())
    print("connections left out:", engine.pool.checkedout())
    await engine.dispose()


asyncio.run(main())
