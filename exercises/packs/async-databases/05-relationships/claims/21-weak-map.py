import asyncio

from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "author"
    id: Mapped[int] = mapped_column(primary_key=True)


class Book(Base):
    __tablename__ = "book"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("author.id"))
    author: Mapped[Author] = relationship()


def follow(book: Book) -> str:
    try:
        return f"author {book.author.id}"
    except Exception as error:
        return type(getattr(error, "orig", error)).__name__


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    async with new_session.begin() as session:
        session.add(Book(id=1, author=Author(id=1)))
    async with new_session() as session:
        book = await session.get_one(Book, 1)
        await session.get(Author, 1)  # loaded, and kept by nobody
        print("not kept:", follow(book))
        author = await session.get_one(Author, 1)
        print("kept:", follow(book), book.author is author)
    await engine.dispose()


asyncio.run(main())
