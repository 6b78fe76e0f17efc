import asyncio

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, PendingRollbackError
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
    try:
        async with new_session.begin() as session:
            for name in ("Ada", "Grace", "Ada", "Edsger"):
                try:
                    session.add(Guest(name=name))
                    await session.flush()
                except IntegrityError:
                    print(name, "is invited already")
    except PendingRollbackError as error:
        print("the next:", type(error).__name__)
    async with new_session() as session:
        print("invited:", (await session.scalars(select(Guest.name))).all())
    await engine.dispose()


asyncio.run(main())
