import asyncio

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

TASKS = 6
RETRIED = {"40001", "40P01"}  # serialization failure, deadlock

engine = create_async_engine(DATABASE_URL, pool_size=TASKS, isolation_level="SERIALIZABLE")
new_session = async_sessionmaker(engine)
attempts = 0


class Base(DeclarativeBase):
    pass


class Counter(Base):
    __tablename__ = "counter"
    id: Mapped[int] = mapped_column(primary_key=True)
    n: Mapped[int]


async def add_one() -> None:
    global attempts
    async with new_session.begin() as session:
        attempts += 1
        counter = await session.scalar(select(Counter))
        await asyncio.sleep(0.01)
        counter.n += 1


async def add_one_in_the_end(number: int) -> None:
    for _ in range(50):
        try:
            return await add_one()  # everything anew, the read as well
        except DBAPIError as error:
            if error.orig.sqlstate not in RETRIED:
                raise
        await asyncio.sleep(number * 0.02)  # not all at the same moment again
    raise RuntimeError("gave up")


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with new_session.begin() as session:
        session.add(Counter(id=1, n=0))
    await asyncio.gather(*(add_one_in_the_end(number) for number in range(TASKS)))
    async with new_session() as session:
        print("n =", await session.scalar(select(Counter.n)))
    print(f"more attempts than tasks: {attempts > TASKS}")
    await engine.dispose()


asyncio.run(main())
