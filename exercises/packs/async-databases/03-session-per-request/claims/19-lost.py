import asyncio

import httpx
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
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


@app.post("/notes", status_code=201)
async def create(text: str):
    async with new_session() as session:
        session.add(note := Note(text=text))
        await session.flush()
        return {"id": note.id}


@app.get("/notes/{number}")
async def read(number: int):
    async with new_session() as session:
        return await session.get(Note, number)


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
        for text in ("remember me", "me too"):
            answer = await client.post("/notes", params={"text": text})
            number = answer.json()["id"]
            found = (await client.get(f"/notes/{number}")).json()
            print(f"created {answer.status_code} with id {number}, then found: {found}")
    await engine.dispose()


asyncio.run(main())
