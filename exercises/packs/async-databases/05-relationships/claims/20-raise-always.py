import asyncio

from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectinload

engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "author"
    id: Mapped[int] = mapped_column(primary_key=True)
    books: Mapped[list["Book"]] = relationship(lazy="raise")


class Book(Base):
    __tablename__ = "book"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("author.id"))
    author: Mapped[Author | None] = relationship(lazy="raise", viewonly=True)


def follow(book: Book) -> str:
    try:
        return f"{book.author}"
    except Exception as error:
        return type(error).__name__


def count(author: Author) -> str:
    try:
        return f"{len(author.books)} books"
    except Exception as error:
        return type(error).__name__


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    async with new_session.begin() as session:
        session.add(Author(id=1, books=[Book(id=1), Book(id=2)]))
        session.add(Book(id=3))
    async with new_session() as session:
        author = await session.get_one(Author, 1)
        print("on the loop:", count(author))
        print("in run_sync:", await session.run_sync(lambda _: count(author)))
        print("known to the session:", follow(await session.get_one(Book, 1)))
        print("key is NULL:", follow(await session.get_one(Book, 3)))
        query = select(Author).options(selectinload(Author.books))
        author = (await session.scalars(query.execution_options(populate_existing=True))).one()
        print("asked for:", count(author))
    await engine.dispose()


asyncio.run(main())
