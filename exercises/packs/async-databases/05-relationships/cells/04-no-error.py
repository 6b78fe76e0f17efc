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


def try_it(title: str, access) -> None:
    try:
        print(f"{title}: {access()!r}")
    except Exception as error:
        print(f"{title}: {type(getattr(error, 'orig', error)).__name__}")


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    async with new_session.begin() as session:
        session.add_all([Author(id=1, books=[Book(id=1)]), Book(id=2)])

    try_it("new object", lambda: Author().books)
    async with new_session() as session:
        signed, unsigned = (await session.scalars(select(Book).order_by(Book.id))).all()
        try_it("author not loaded", lambda: signed.author)
        try_it("foreign key is NULL", lambda: unsigned.author)
        author = await session.get(Author, 1)  # now in the identity map
        try_it("author loaded before", lambda: signed.author is author)
        careful = await session.scalar(select(Author).options(raiseload("*")))
        try_it("raiseload", lambda: careful.books)
    async with new_session() as session:
        book = await session.get(Book, 1)
    try_it("session closed", lambda: book.author)
    await engine.dispose()


asyncio.run(main())
