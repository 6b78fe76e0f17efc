import asyncio

from sqlalchemy import ForeignKey, event, select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    joinedload,
    mapped_column,
    relationship,
    selectinload,
)
from sqlalchemy.orm.strategy_options import Load

AUTHORS, BOOKS = 5, 40

engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine, expire_on_commit=False)
columns: list[int] = []  # of each statement's result


@event.listens_for(engine.sync_engine, "after_cursor_execute")
def note_columns(_connection, cursor, *_) -> None:
    columns.append(len(cursor.description or ()))


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "author"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    biography: Mapped[str]
    books: Mapped[list["Book"]] = relationship()


class Book(Base):
    __tablename__ = "book"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("author.id"))


async def read(loader: Load) -> list[int]:
    columns.clear()
    async with new_session() as session:
        (await session.scalars(select(Author).options(loader))).unique().all()
    return list(columns)


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    async with new_session.begin() as session:
        for number in range(AUTHORS):
            books = [Book() for _ in range(BOOKS)]
            session.add(Author(name=f"Author {number}", biography="long", books=books))
    (joined,) = await read(joinedload(Author.books))
    parents, children = await read(selectinload(Author.books))
    print(f"joinedload: 1 statement, {AUTHORS * BOOKS} rows of {joined} columns")
    print(
        f"selectinload: 2 statements, {AUTHORS} rows of {parents}, {AUTHORS * BOOKS} of {children}"
    )
    await engine.dispose()


asyncio.run(main())
