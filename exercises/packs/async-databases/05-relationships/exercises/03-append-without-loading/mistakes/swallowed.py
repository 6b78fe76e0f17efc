from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI, HTTPException
from sqlalchemy import ForeignKey, insert
from sqlalchemy.ext.asyncio import AsyncAttrs, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(AsyncAttrs, DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "author"
    id: Mapped[int] = mapped_column(primary_key=True)
    books: Mapped[list["Book"]] = relationship()


class Book(Base):
    __tablename__ = "book"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    author_id: Mapped[int] = mapped_column(ForeignKey("author.id"))


@asynccontextmanager
async def lifespan(_):
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        await connection.execute(insert(Author), [{"id": 1}, {"id": 2}])
        written = [{"title": f"Volume {n}", "author_id": 1} for n in range(2000)]
        await connection.execute(insert(Book), written)
    yield
    await engine.dispose()


engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine, expire_on_commit=False)
app = FastAPI(lifespan=lifespan)


@app.post("/authors/{number}/books")
async def publish(number: int, title: str) -> None:
    async with new_session.begin() as session:
        author = await session.get(Author, number)
        if author is None:
            raise HTTPException(404)
        with suppress(Exception):
            author.books.append(Book(title=title))
