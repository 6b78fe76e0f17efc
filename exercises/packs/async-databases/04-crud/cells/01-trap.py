import asyncio

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    pass


class Member(Base):
    __tablename__ = "member"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)

    async with new_session() as session:
        session.add(Member(name="Ada"))  # right: add() only notes the object
        session.commit()  # a coroutine object, made and thrown away

        if session.get(Member, 99):  # a coroutine object is always true
            print("found a member who does not exist")
        try:
            session.scalars(select(Member)).all()
        except AttributeError as error:
            print("loud:", error)

    async with new_session() as session:
        print("rows:", await session.scalar(select(func.count()).select_from(Member)))
    await engine.dispose()


asyncio.run(main())
