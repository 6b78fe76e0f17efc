import asyncio

from sqlalchemy import ForeignKey, select
from sqlalchemy.exc import MissingGreenlet
from sqlalchemy.ext.asyncio import AsyncAttrs, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

AUTHORS = 20

engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine, expire_on_commit=False)


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
        for number in range(AUTHORS):
            books = [Book(title=f"Volume {volume}") for volume in (1, 2, 3)]
            session.add(Author(name=f"Author {number}", books=books))


async def main() -> None:
    await fill()
    async with new_session() as session:
        authors = (await session.scalars(select(Author).order_by(Author.id))).all()
        try:
            print(len(authors[0].books))  # would need SQL, and there is no await
        except Exception as error:
            cause = getattr(error, "orig", error)  # some drivers wrap it in a StatementError
            print("MissingGreenlet:", isinstance(cause, MissingGreenlet))

        for author in authors:  # allowed, but look at the list of statements
            books = await author.awaitable_attrs.books
        print("books of the last author:", len(books))
    await engine.dispose()


asyncio.run(main())
