from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy import ForeignKey, insert, select
from sqlalchemy.ext.asyncio import AsyncAttrs, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectinload


class Base(AsyncAttrs, DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "author"
    id: Mapped[int] = mapped_column(primary_key=True)
    books: Mapped[list["Book"]] = relationship(order_by="Book.id")


class Book(Base):
    __tablename__ = "book"
    id: Mapped[int] = mapped_column(primary_key=True)
    pages: Mapped[int]
    author_id: Mapped[int] = mapped_column(ForeignKey("author.id"))


@asynccontextmanager
async def lifespan(_):
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        await connection.execute(insert(Author), [{"id": number} for number in range(1, 21)])
        pages = [{"pages": 10 * n, "author_id": 1 + n % 19} for n in range(1, 58)]
        await connection.execute(insert(Book), pages)
    yield
    await engine.dispose()


engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine, expire_on_commit=False)
app = FastAPI(lifespan=lifespan)


@app.post("/books")
async def add_book(pages: int, author_id: int) -> None:
    async with new_session.begin() as session:
        session.add(Book(pages=pages, author_id=author_id))


@app.get("/authors")
async def authors(upto: int) -> dict[int, list[int]]:
    query = select(Author).where(Author.id <= upto).order_by(Author.id)
    async with new_session() as session:
        found = (await session.scalars(query.options(selectinload(Author.books)))).all()
    return {author.id: [book.pages for book in author.books] for author in found}
