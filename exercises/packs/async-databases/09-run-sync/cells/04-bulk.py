import asyncio

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine)
ROWS = [{"name": "Ada"}, {"name": "Grace"}, {"name": "Edsger"}]


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "member"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


async def count() -> int:
    async with new_session() as session:
        return await session.scalar(select(func.count()).select_from(User))


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)

    async with new_session() as session:  # as it is often printed
        await session.run_sync(lambda sync: sync.bulk_insert_mappings(User, ROWS))
    print("without a commit:", await count())

    async with new_session.begin() as session:  # no bridge needed, and it commits
        await session.execute(insert(User), ROWS)
    print("with begin() and insert():", await count())
    await engine.dispose()


asyncio.run(main())
