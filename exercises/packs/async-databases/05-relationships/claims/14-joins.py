import asyncio

from sqlalchemy import ForeignKey, event, select
from sqlalchemy.ext.asyncio import AsyncAttrs, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, joinedload, mapped_column, relationship

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


async def try_it(title: str, query, *, unique: bool = False) -> None:
    statements.clear()
    async with new_session() as session:
        result = await session.execute(query)
        try:
            found = (result.unique() if unique else result).scalars().all()
        except Exception as error:
            print(f"{title}: {type(error).__name__}: {str(error)[:55]}")
        else:
            print(f"{title}: {len(found)} objects, {len(set(found))} of them different")


async def main() -> None:
    await fill(authors=3, books=4)
    authors = select(Author).options(joinedload(Author.books))
    books = select(Book).options(joinedload(Book.author))
    await try_it("collection", authors)
    await try_it("collection, unique()", authors, unique=True)
    print("LEFT OUTER JOIN:", "LEFT OUTER JOIN" in statements[0], "- statements:", len(statements))
    await try_it("single object", books)
    await try_it("single object, unique()", books, unique=True)
    await try_it("plain join", select(Author).join(Author.books))
    await try_it("first two", authors.order_by(Author.id).limit(2), unique=True)
    print("LIMIT in a subquery:", "FROM (SELECT" in " ".join(statements[0].split()))
    try:
        async with new_session() as session:
            one = await session.execute(authors.where(Author.id == 1))
            one.scalar_one_or_none()
    except Exception as error:
        print("scalar_one_or_none:", type(error).__name__)
    await engine.dispose()


asyncio.run(main())
