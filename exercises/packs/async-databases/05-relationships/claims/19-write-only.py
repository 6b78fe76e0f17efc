import asyncio

from sqlalchemy import ForeignKey, event
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, WriteOnlyMapped, mapped_column, relationship

engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine, expire_on_commit=False)
statements: list[str] = []


@event.listens_for(engine.sync_engine, "before_cursor_execute")
def note_statement(_connection, _cursor, statement, *_) -> None:
    statements.append(statement)


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "author"
    id: Mapped[int] = mapped_column(primary_key=True)
    books: WriteOnlyMapped["Book"] = relationship()


class Book(Base):
    __tablename__ = "book"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("author.id"))


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    async with new_session.begin() as session:
        session.add(Author(id=1))
    async with new_session.begin() as session:
        author = await session.get_one(Author, 1)
        statements.clear()
        author.books.add(Book(id=1))
        await session.flush()
        print("add():", [statement.split()[0] for statement in statements])
        wanted = author.books.select().where(Book.id > 0)
        print("select():", len((await session.scalars(wanted)).all()))
        try:
            list(author.books)
        except TypeError as error:
            print("TypeError:", error)
    await engine.dispose()


asyncio.run(main())
