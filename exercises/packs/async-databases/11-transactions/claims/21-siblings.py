import asyncio
from contextlib import suppress

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine)


class Base(DeclarativeBase):
    pass


class Guest(Base):
    __tablename__ = "guest"
    name: Mapped[str] = mapped_column(primary_key=True)


async def invite(name: str, stored: asyncio.Event) -> None:
    async with new_session.begin() as session:
        session.add(Guest(name=name))
        await session.flush()
        stored.set()
        await asyncio.sleep(0.2)


async def fail(stored: asyncio.Event) -> None:
    await stored.wait()
    raise ValueError("the sibling failed")


async def in_group(stored: asyncio.Event) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(invite("Ada", stored))
        group.create_task(fail(stored))


async def gathered(stored: asyncio.Event) -> None:
    await asyncio.gather(invite("Ada", stored), fail(stored))


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    for work in (in_group, gathered):
        async with new_session.begin() as session:
            await session.execute(delete(Guest))
        with suppress(ValueError, ExceptionGroup):
            await work(asyncio.Event())
        others = asyncio.all_tasks() - {asyncio.current_task()}
        print(f"{work.__name__}: {len(others)} still running", end=", ")
        await asyncio.gather(*others)
        async with new_session() as session:
            print("stored:", (await session.scalars(select(Guest.name))).all())
    await engine.dispose()


asyncio.run(main())
