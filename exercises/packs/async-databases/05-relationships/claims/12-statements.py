import asyncio

from sqlalchemy import ForeignKey, event, insert, select
from sqlalchemy.ext.asyncio import AsyncAttrs, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectinload

engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine, expire_on_commit=False)
statements: list[str] = []


@event.listens_for(engine.sync_engine, "before_cursor_execute")
def note_statement(_connection, _cursor, statement, *_) -> None:
    statements.append(statement)


class Base(AsyncAttrs, DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "author"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    books: Mapped[list["Book"]] = relationship(back_populates="author")


class Book(Base):
    __tablename__ = "book"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("author.id"))
    author: Mapped[Author | None] = relationship(back_populates="books")


async def fill(authors: int) -> None:
    """Authors with one book each, by two calls of the driver."""
    numbers = range(1, authors + 1)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
        written = [{"id": number, "name": f"Author {number}"} for number in numbers]
        await connection.execute(insert(Author), written)
        await connection.execute(insert(Book), [{"author_id": number} for number in numbers])


async def read(query) -> int:
    statements.clear()
    async with new_session() as session:
        (await session.scalars(query)).all()
    return len(statements)


async def main() -> None:
    await fill(authors=1001)
    authors = select(Author).options(selectinload(Author.books))
    for number in (1, 20, 500, 501, 1001):
        print(f"{number} authors:", await read(authors.where(Author.id <= number)))
    books = select(Book).where(Book.id <= 20)
    print("20 books, their authors:", await read(books.options(selectinload(Book.author))))

    async with new_session() as session:
        loaded = (await session.scalars(select(Author).where(Author.id <= 20))).all()
        statements.clear()
        for author in loaded:
            await author.awaitable_attrs.books
        print("20 awaitable_attrs:", len(statements))
    await engine.dispose()


asyncio.run(main())
