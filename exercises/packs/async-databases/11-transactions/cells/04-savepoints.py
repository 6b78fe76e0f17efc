import asyncio

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine)
NAMES = ["Ada", "Grace", "Ada", "Edsger"]  # one of them twice


class Base(DeclarativeBase):
    pass


class Guest(Base):
    __tablename__ = "guest"
    name: Mapped[str] = mapped_column(primary_key=True)


async def invite_all() -> None:
    async with new_session.begin() as session:
        for name in NAMES:
            try:
                async with session.begin_nested():  # SAVEPOINT; ROLLBACK TO it on an exception
                    session.add(Guest(name=name))
            except IntegrityError:
                print(name, "is invited already")


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    await invite_all()
    async with new_session() as session:
        print("invited:", (await session.scalars(select(Guest.name).order_by(Guest.name))).all())
    await engine.dispose()


asyncio.run(main())
