import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

import httpx
from fastapi import Depends, FastAPI
from pydantic import BaseModel
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


class NoteOut(BaseModel):
    id: int
    text: str


async def bare() -> AsyncIterator[AsyncSession]:
    async with AsyncSession(engine) as session:
        yield session


async def configured() -> AsyncIterator[AsyncSession]:
    async with new_session() as session:
        yield session


def add_routes(path: str, dependency) -> None:
    async def create(session: Annotated[AsyncSession, Depends(dependency)]):
        session.add(note := Note(text="remember me"))
        await session.commit()
        return note

    app.post(path)(create)
    app.post(f"{path}-model", response_model=NoteOut)(create)


add_routes("/bare", bare)
add_routes("/configured", configured)


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
        for path in ("/bare", "/configured", "/bare-model", "/configured-model"):
            try:
                answer = await client.post(path)
                print(f"{path}: {answer.status_code} {sorted(answer.json())}")
            except Exception as error:
                print(f"{path}: {type(error).__name__}, {'MissingGreenlet' in str(error)}")
    await engine.dispose()


asyncio.run(main())
