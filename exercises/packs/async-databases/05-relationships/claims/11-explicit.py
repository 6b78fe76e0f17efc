import asyncio

from sqlalchemy import ForeignKey, event, select
from sqlalchemy.ext.asyncio import AsyncAttrs, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

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


def counted() -> int:
    number = sum(statement.startswith("SELECT") for statement in statements)
    statements.clear()
    return number


async def main() -> None:
    await fill(authors=1, books=3)
    async with new_session() as session:
        author = (await session.scalars(select(Author))).one()
        try:
            print(author.books)
        except Exception as error:
            print("raised:", type(error).__name__)
            print("of which the cause is:", type(getattr(error, "orig", error)).__name__)
        statements.clear()
        print("awaitable_attrs:", len(await author.awaitable_attrs.books), "in", counted())

    async with new_session() as session:
        author = await session.get_one(Author, 1)
        statements.clear()
        await session.refresh(author, ["books"])
        print("refresh:", len(author.books), "in", counted())

    async with new_session() as session:
        author = await session.get_one(Author, 1)
        statements.clear()
        print("run_sync:", await session.run_sync(lambda _: len(author.books)), "in", counted())
    await engine.dispose()


asyncio.run(main())
