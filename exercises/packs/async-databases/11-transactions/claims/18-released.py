import asyncio

from sqlalchemy import select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine)


class Base(DeclarativeBase):
    pass


class Guest(Base):
    __tablename__ = "guest"
    name: Mapped[str] = mapped_column(primary_key=True)


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with new_session() as session:
        async with session.begin_nested():
            session.add(Guest(name="Ada"))
        await session.rollback()  # of everything, one would think
    async with new_session() as session:
        print("left over:", (await session.scalars(select(Guest.name))).all())
    await engine.dispose()


asyncio.run(main())
