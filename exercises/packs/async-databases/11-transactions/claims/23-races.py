import asyncio

from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

TASKS = 10

engine = create_async_engine(DATABASE_URL, pool_size=TASKS)
new_session = async_sessionmaker(engine)


class Base(DeclarativeBase):
    pass


class Counter(Base):
    __tablename__ = "counter"
    id: Mapped[int] = mapped_column(primary_key=True)
    n: Mapped[int]


async def read_and_write(level: str, all_have_read: asyncio.Barrier) -> None:
    strict = engine.execution_options(isolation_level=level)
    async with new_session(bind=strict) as session, session.begin():
        counter = await session.scalar(select(Counter))
        await all_have_read.wait()
        counter.n += 1


async def lock_and_write(*_) -> None:
    async with new_session.begin() as session:
        counter = await session.scalar(select(Counter).with_for_update())
        counter.n += 1


async def add_in_sql(*_) -> None:
    async with new_session.begin() as session:
        await session.execute(update(Counter).values(n=Counter.n + 1))


async def race(title: str, add) -> None:
    async with new_session.begin() as session:
        await session.execute(update(Counter).values(n=0))
    barrier = asyncio.Barrier(TASKS)
    tasks = [add(title, barrier) for _ in range(TASKS)]
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    states = [each.orig.sqlstate for each in outcomes if isinstance(each, DBAPIError)]
    async with new_session() as session:
        n = await session.scalar(select(Counter.n))
    print(f"{title}: n = {n}, {len(states)} refused", *sorted(set(states)))


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with new_session.begin() as session:
        session.add(Counter(id=1, n=0))
    for level in ("READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"):
        await race(level, read_and_write)
    await race("FOR UPDATE", lock_and_write)
    await race("SET n = n + 1", add_in_sql)
    await engine.dispose()


asyncio.run(main())
