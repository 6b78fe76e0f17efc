import asyncio

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine)
ROWS = [{"name": "Ada"}, {"name": "Grace"}, {"name": "Edsger"}]


class Base(DeclarativeBase):
    pass


class Plain(Base):
    __tablename__ = "plain"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Returned(Base):
    __tablename__ = "returned"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with new_session.begin() as session:
        await session.execute(insert(Plain), ROWS)
        ids = await session.scalars(insert(Returned).returning(Returned.id), ROWS)
        print("ids:", sorted(ids))
    await engine.dispose()


asyncio.run(main())
