import asyncio

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine("sqlite+aiosqlite:///:memory:")
new_session = async_sessionmaker(engine)


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "user"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


count = select(func.count()).select_from(User)


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    print("pool:", type(engine.pool).__name__)

    async with new_session() as mine, new_session() as theirs:
        mine.add(User(name="Ada"))
        await mine.flush()  # not committed
        print("another session sees", await theirs.scalar(count), "uncommitted row")
        await theirs.rollback()  # its own transaction, it would think
        await mine.commit()  # no error

    async with new_session() as session:
        print("after my commit:", await session.scalar(count), "rows")
    await engine.dispose()


asyncio.run(main())
