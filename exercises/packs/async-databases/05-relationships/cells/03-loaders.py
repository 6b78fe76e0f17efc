import asyncio

from sqlalchemy import ForeignKey, event, select
from sqlalchemy.ext.asyncio import AsyncAttrs, async_sessionmaker, create_async_engine
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    joinedload,
    mapped_column,
    relationship,
    selectinload,
)

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
    title: Mapped[str]
    author_id: Mapped[int] = mapped_column(ForeignKey("author.id"))
    author: Mapped[Author] = relationship(back_populates="books")


async def fill() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    async with new_session.begin() as session:
        for number in range(3):
            books = [Book(title=f"Volume {volume}") for volume in (1, 2, 3, 4)]
            session.add(Author(name=f"Author {number}", books=books))


async def measure(title: str, query, unique: bool = False) -> dict[str, object]:
    statements.clear()
    async with new_session() as session:
        result = await session.execute(query)
        try:
            found = (result.unique() if unique else result).scalars().all()
        except Exception as error:
            found = type(error).__name__
    shown = found if isinstance(found, str) else len(found)
    return {"query": title, "statements": len(statements), "objects": shown}


async def main() -> list[dict[str, object]]:
    await fill()
    authors, books = select(Author), select(Book)
    rows = [
        await measure("authors, selectinload", authors.options(selectinload(Author.books))),
        await measure("authors, joinedload", authors.options(joinedload(Author.books))),
        await measure("the same, unique()", authors.options(joinedload(Author.books)), unique=True),
        await measure("books, joinedload author", books.options(joinedload(Book.author))),
        await measure("authors, plain join()", authors.join(Author.books)),
    ]
    await engine.dispose()
    return rows


asyncio.run(main())
