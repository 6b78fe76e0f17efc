import asyncio
import gc
import warnings

from sqlalchemy import ForeignKey, select
from sqlalchemy.exc import MissingGreenlet
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from sqlalchemy.util import await_only

engine = create_async_engine(DATABASE_URL)


class Base(DeclarativeBase):
    pass


class Shelf(Base):
    __tablename__ = "shelf"
    id: Mapped[int] = mapped_column(primary_key=True)
    books: Mapped[list["Book"]] = relationship()


class Book(Base):
    __tablename__ = "book"
    id: Mapped[int] = mapped_column(primary_key=True)
    shelf_id: Mapped[int] = mapped_column(ForeignKey("shelf.id"))


def count_books(session: Session) -> list[int]:
    return [len(shelf.books) for shelf in session.query(Shelf).order_by(Shelf.id)]


def run_a_loop(session: Session) -> None:
    nobody = asyncio.sleep(0)
    try:
        asyncio.run(nobody)
    except RuntimeError as error:
        print("asyncio.run inside: RuntimeError,", error)
    finally:
        nobody.close()


async def count_shelves(session: Session) -> int:
    return session.query(Shelf).count()


def wait_without_async(session: Session) -> str:
    return await_only(asyncio.sleep(0.01, result="await_only waited"))


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    async with AsyncSession(engine) as session, session.begin():
        session.add_all([Shelf(id=number, books=[Book(), Book()]) for number in (1, 2, 3)])
    async with AsyncSession(engine) as session:
        print("books by lazy loads and session.query:", await session.run_sync(count_books))
    async with AsyncSession(engine) as session:
        shelf = (await session.scalars(select(Shelf))).first()
        with warnings.catch_warnings():  # of the cursor that nobody awaited
            warnings.simplefilter("ignore", RuntimeWarning)
            try:
                len(shelf.books)
            except Exception as error:  # a DBAPI's wrapper around it, with some drivers
                cause = getattr(error, "orig", error)
                print("a lazy load outside: MissingGreenlet,", isinstance(cause, MissingGreenlet))
            del cause
            gc.collect()
        await session.run_sync(run_a_loop)
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always", RuntimeWarning)
            given = await session.run_sync(count_shelves)
            print("an async def gives a", type(given).__name__)
            del given
            gc.collect()
        print(*(each.message for each in seen if "awaited" in str(each.message)))
        print(await session.run_sync(wait_without_async))
    await engine.dispose()


asyncio.run(main())
