import asyncio
import warnings

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine)
ROWS = [{"name": "Ada"}, {"name": "Grace"}, {"name": "Edsger"}]


class Base(DeclarativeBase):
    pass


class Member(Base):
    __tablename__ = "member"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


async def legacy(session: AsyncSession) -> None:
    await session.run_sync(lambda sync: sync.bulk_insert_mappings(Member, ROWS))


async def legacy_and_flush(session: AsyncSession) -> None:
    await legacy(session)
    await session.flush()


async def modern(session: AsyncSession) -> None:
    await session.execute(insert(Member), ROWS)


async def modern_and_commit(session: AsyncSession) -> None:
    await modern(session)
    await session.commit()


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    for way in (legacy, legacy_and_flush, modern, modern_and_commit):
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            async with new_session() as session:
                await way(session)
                inside = await session.scalar(select(func.count()).select_from(Member))
        async with new_session() as session:
            kept = await session.scalar(select(func.count()).select_from(Member))
        print(f"{way.__name__}: {inside} inside, {kept} kept, {len(seen)} warnings")
    await engine.dispose()


asyncio.run(main())
