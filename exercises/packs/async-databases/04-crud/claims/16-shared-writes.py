import asyncio
import warnings
from collections import Counter

from sqlalchemy.exc import SAWarning
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(DATABASE_URL)
warnings.simplefilter("ignore", SAWarning)  # it warns of add() during a flush as well


class Base(DeclarativeBase):
    pass


class Member(Base):
    __tablename__ = "member"
    id: Mapped[int] = mapped_column(primary_key=True)


async def add_and_flush(session: AsyncSession, number: int) -> None:
    session.add(Member(id=number))
    await session.flush()


async def add_and_commit(session: AsyncSession, number: int) -> None:
    session.add(Member(id=number))
    await session.commit()


async def together(write) -> None:
    async with AsyncSession(engine) as session:
        await session.connection()
        writes = (write(session, number) for number in (1, 2, 3))
        outcomes = await asyncio.gather(*writes, return_exceptions=True)
    names = Counter("ok" if each is None else type(each).__name__ for each in outcomes)
    print(f"{write.__name__}:", sorted(names.items()))
    print(sorted({str(each)[:27] for each in outcomes if each}))


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    await together(add_and_flush)
    await together(add_and_commit)
    await engine.dispose()


asyncio.run(main())
