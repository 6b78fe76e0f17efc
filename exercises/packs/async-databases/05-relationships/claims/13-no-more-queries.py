import asyncio

from sqlalchemy import ForeignKey, event, select
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


async def fill(authors: int, books: int) -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    async with new_session.begin() as session:
        for number in range(authors):
            written = [Book() for _ in range(books)]
            session.add(Author(name=f"Author {number}", books=written))


async def main() -> None:
    await fill(authors=1, books=3)
    query = select(Author).options(selectinload(Author.books))
    async with new_session() as session:
        author = (await session.execute(query)).scalar_one()
        statements.clear()
        followed, other, _ = author.books
        print("while open:", followed.author is author, "- statements:", len(statements))
    print("closed:", len(author.books), "books - statements:", len(statements))
    print("followed before:", followed.author is author)
    try:
        print(other.author)
    except Exception as error:
        print("not followed before:", type(error).__name__)
    await engine.dispose()


asyncio.run(main())
