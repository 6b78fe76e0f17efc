import asyncio

from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, raiseload, relationship

engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "author"
    id: Mapped[int] = mapped_column(primary_key=True)
    books: Mapped[list["Book"]] = relationship(back_populates="author")


class Book(Base):
    __tablename__ = "book"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("author.id"))
    author: Mapped[Author | None] = relationship(back_populates="books")


class Outcome(Base):
    __tablename__ = "outcome"
    access: Mapped[str] = mapped_column(primary_key=True)
    what: Mapped[str]


outcomes: list[Outcome] = []


def note(access: str, read) -> None:
    try:
        read()
        what = "a value"
    except Exception as error:
        what = type(error).__name__
    outcomes.append(Outcome(access=access, what=what))


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with new_session.begin() as session:
        session.add_all([Author(id=1), Book(id=1, author_id=1), Book(id=2)])

    note("new", lambda: Author().books)

    async with new_session() as session:
        signed, unsigned = (await session.scalars(select(Book).order_by(Book.id))).all()
        note("signed", lambda: signed.author)
        note("unsigned", lambda: unsigned.author)
        author = await session.get(Author, 1)
        note("known", lambda: signed.author)

    async with new_session() as session:
        author = await session.scalar(select(Author).options(raiseload("*")))
        note("careful", lambda: author.books)

    async with new_session() as session:
        book = await session.get(Book, 1)
    note("closed", lambda: book.author)

    async with new_session.begin() as session:
        fresh = Author(id=2)
        session.add(fresh)
        await session.flush()
        note("flushed", lambda: fresh.books)

    async with new_session.begin() as session:
        session.add_all(outcomes)
    await engine.dispose()


asyncio.run(main())
