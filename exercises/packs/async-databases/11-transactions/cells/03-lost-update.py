import asyncio

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

TASKS = 10
ISOLATION = "REPEATABLE READ"

engine = create_async_engine(DATABASE_URL, pool_size=TASKS)
strict = engine.execution_options(isolation_level=ISOLATION)
new_session = async_sessionmaker(engine)


class Base(DeclarativeBase):
    pass


class Counter(Base):
    __tablename__ = "counter"
    id: Mapped[int] = mapped_column(primary_key=True)
    n: Mapped[int]


async def read_and_write(query, bind=engine, all_have_read=None) -> None:
    async with new_session(bind=bind) as session, session.begin():
        counter = await session.scalar(query)
        if all_have_read:
            await all_have_read.wait()  # the worst moment, every time
        counter.n += 1


async def add_in_sql() -> None:
    async with new_session.begin() as session:
        await session.execute(update(Counter).values(n=Counter.n + 1))


async def race(title: str, make) -> dict[str, object]:
    async with new_session.begin() as session:
        await session.execute(update(Counter).values(n=0))
    outcomes = await asyncio.gather(*(make() for _ in range(TASKS)), return_exceptions=True)
    errors = [outcome for outcome in outcomes if outcome is not None]
    states = {error.orig.sqlstate for error in errors}
    async with new_session() as session:
        n = await session.scalar(select(Counter.n))
    return {f"{TASKS} times + 1": title, "n": n, "refused": len(errors), "state": " ".join(states)}


async def main() -> list[dict[str, object]]:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    async with new_session.begin() as session:
        session.add(Counter(id=1, n=0))
    query, barrier = select(Counter), asyncio.Barrier(TASKS)
    rows = [
        await race("READ COMMITTED", lambda: read_and_write(query, engine, barrier)),
        await race("FOR UPDATE", lambda: read_and_write(query.with_for_update())),
        await race(ISOLATION, lambda: read_and_write(query, strict, barrier)),
        await race("SET n = n + 1", add_in_sql),
    ]
    await engine.dispose()
    return rows


asyncio.run(main())
