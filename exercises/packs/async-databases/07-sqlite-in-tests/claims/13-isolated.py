import asyncio

from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "user"
    id: Mapped[int] = mapped_column(primary_key=True)


async def write(engine: AsyncEngine, number: int, all_have_added: asyncio.Barrier | None) -> None:
    async with AsyncSession(engine) as session:
        session.add(User(id=number))
        await session.flush()
        if all_have_added:
            await all_have_added.wait()
        await (session.commit() if number % 2 else session.rollback())


async def find_survivors(url: str, together: bool) -> list[int]:
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    barrier = asyncio.Barrier(6) if together else None
    await asyncio.gather(*(write(engine, number, barrier) for number in range(1, 7)))
    async with AsyncSession(engine) as session:
        found = (await session.scalars(select(User.id).order_by(User.id))).all()
    await engine.dispose()
    return list(found)


async def main() -> None:
    # One writer at a time may hold a file, so there the tasks cannot wait for one another.
    on_file = await find_survivors("sqlite+aiosqlite:///isolated.db", together=False)
    print("odd ones commit, even ones roll back; on a file there are", on_file)
    in_memory = await find_survivors("sqlite+aiosqlite:///:memory:", together=True)
    print("in memory the odd ones alone are there:", in_memory == [1, 3, 5])

    one, other = (create_async_engine("sqlite+aiosqlite:///:memory:") for _ in range(2))
    async with one.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    try:
        async with other.connect() as connection:
            await connection.execute(text("SELECT * FROM user"))
    except OperationalError as error:
        print("another engine in memory:", error.orig)
    await one.dispose()
    await other.dispose()


asyncio.run(main())
