import asyncio
from contextlib import suppress

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine)


class Base(DeclarativeBase):
    pass


class Guest(Base):
    __tablename__ = "guest"
    name: Mapped[str] = mapped_column(primary_key=True)


async def flushed() -> None:
    async with new_session() as session:
        session.add(Guest(name="Ada"))
        await session.flush()


async def swallowed() -> None:
    async with new_session.begin() as session:
        session.add(Guest(name="Bob"))
        with suppress(ValueError):
            raise ValueError


async def too_slow() -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(0.2), new_session.begin() as session:
            session.add(Guest(name="Cem"))
            await session.flush()
            await asyncio.sleep(5)


async def nested() -> None:
    async with new_session.begin() as session:
        session.add(Guest(name="Dana"))
        with suppress(IntegrityError):
            async with session.begin_nested():
                session.add_all([Guest(name="Eve"), Guest(name="Bob")])  # Bob again


async def read_first() -> None:
    async with new_session() as session:
        if await session.get(Guest, "Flo") is None:
            async with session.begin():
                session.add(Guest(name="Flo"))


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    for work in (flushed, swallowed, too_slow, nested, read_first):
        await work()
    await engine.dispose()


asyncio.run(main())
