import asyncio

import httpx
from fastapi import Depends, FastAPI
from pydantic import BaseModel
from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

engine = create_async_engine(DATABASE_URL)
app = FastAPI()


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "author"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    birthday: Mapped[str]
    books: Mapped[list["Book"]] = relationship()


class Book(Base):
    __tablename__ = "book"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("author.id"))


class Named(BaseModel):
    name: str


class WithBooks(BaseModel):
    books: list[dict[str, int]]


async def get_db():
    async with AsyncSession(engine) as db:
        yield db


async def read(db: AsyncSession = Depends(get_db)):  # noqa: B008 - as FastAPI's manual has it
    return (await db.execute(select(Author))).scalars().all()


app.get("/columns")(read)
app.get("/named", response_model=list[Named])(read)
app.get("/books", response_model=list[WithBooks])(read)


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    async with AsyncSession(engine) as db, db.begin():
        db.add(Author(id=1, name="Ada", birthday="10 December"))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
        for path in ("/columns", "/named"):
            answer = await client.get(path)
            print(path, answer.status_code, sorted(answer.json()[0]))
        try:
            await client.get("/books")
        except Exception as error:
            print("/books", type(error).__name__, "MissingGreenlet" in str(error))
    await engine.dispose()


asyncio.run(main())
