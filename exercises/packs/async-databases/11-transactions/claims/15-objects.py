import asyncio

from sqlalchemy import func, select
from sqlalchemy.exc import MissingGreenlet
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    pass


class Guest(Base):
    __tablename__ = "guest"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with new_session.begin() as session:
        session.add(Guest(name="Ada"))

    async with new_session() as session:
        ada = await session.scalar(select(Guest))
        grace = Guest(name="Grace")
        session.add(grace)
        await session.flush()
        number = grace.id
        await session.rollback()
        print("the new one keeps its id:", grace.id == number)
        rows = await session.scalar(select(func.count()).where(Guest.id == number))
        print("rows with that id:", rows)
        try:
            print("the loaded one:", ada.name)
        except Exception as error:
            cause = getattr(error, "orig", error)
            print("the loaded one:", isinstance(cause, MissingGreenlet) and "MissingGreenlet")
        await session.refresh(ada)
        print("refreshed:", ada.name)
    await engine.dispose()


asyncio.run(main())
