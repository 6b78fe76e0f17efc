import asyncio
import inspect
import warnings

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(DATABASE_URL)


class Base(DeclarativeBase):
    pass


class Member(Base):
    __tablename__ = "member"
    id: Mapped[int] = mapped_column(primary_key=True)


async def stream(session: AsyncSession) -> None:
    async for _ in session.stream(select(Member)):
        pass


async def with_begin(session: AsyncSession) -> None:
    with session.begin():
        pass


async def connect(_session: AsyncSession) -> None:
    await engine.connect().execute(select(Member))


def ignoring(name: str, *arguments: object):
    async def ignore(session: AsyncSession) -> None:
        getattr(session, name)(*arguments)  # as a statement of its own, without await

    ignore.__name__ = name
    return ignore


async def forget(attempt) -> None:
    async with AsyncSession(engine) as session:
        ada = await session.get(Member, 1)
        session.add(Member(id=2))
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            try:
                await attempt(session)
                outcome = "goes on"
            except Exception as error:
                outcome = type(error).__name__
        print(f"{attempt.__name__}: {outcome}, {len(warned)} never awaited")
        assert ada is not None


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    async with AsyncSession(engine) as session, session.begin():
        ada = Member(id=1)
        session.add(ada)

    loud = (stream, with_begin, connect)
    silent = [ignoring(name) for name in ("commit", "flush", "rollback", "close")]
    silent += [ignoring(name, ada) for name in ("delete", "refresh")]
    for attempt in (*loud, *silent):
        await forget(attempt)

    async with AsyncSession(engine) as session:
        print("rows:", await session.scalar(select(func.count()).select_from(Member)))
    asking = ("execute", "scalar", "scalars", "stream", "get", "get_one", "merge", "flush")
    print("to be awaited:", all(map(inspect.iscoroutinefunction, map(method, asking))))
    noting = ("add", "add_all", "expire", "expunge")
    print("not to be awaited:", not any(map(inspect.iscoroutinefunction, map(method, noting))))
    await engine.dispose()


def method(name: str) -> object:
    return getattr(AsyncSession, name)


asyncio.run(main())
