import asyncio
from collections import Counter

from sqlalchemy import String, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine)
insert = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}[engine.dialect.name]


class Base(DeclarativeBase):
    pass


class Member(Base):
    __tablename__ = "member"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)


async def look_first(everybody: asyncio.Barrier) -> str:
    async with new_session() as session:
        if await session.scalar(select(Member).where(Member.name == "Ada")):
            return "exists"
        await everybody.wait()  # all have looked, nobody has inserted
        session.add(Member(name="Ada"))
        try:
            await session.commit()
        except IntegrityError as error:
            return type(error).__name__
        return "inserted"


async def let_it_decide() -> str:
    statement = insert(Member).values(name="Grace").on_conflict_do_nothing().returning(Member.id)
    async with new_session.begin() as session:
        return "inserted" if await session.scalar(statement) else "exists"


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    everybody = asyncio.Barrier(5)
    outcomes = await asyncio.gather(*(look_first(everybody) for _ in range(5)))
    print("look, then insert:", sorted(Counter(outcomes).items()))
    outcomes = await asyncio.gather(*(let_it_decide() for _ in range(5)))
    print("on conflict do nothing:", sorted(Counter(outcomes).items()))
    async with engine.begin() as connection:
        again = insert(Member).values(name="Grace").on_conflict_do_nothing()
        print("rowcount of one more:", (await connection.execute(again)).rowcount)
    await engine.dispose()


asyncio.run(main())
