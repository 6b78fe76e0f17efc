import asyncio

from sqlalchemy import inspect, select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    pass


class Account(Base):
    __tablename__ = "account"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)

    async with new_session() as session:
        session.add_all([Account(name="Ada"), Account(name="Grace")])
        await session.commit()
        ada, grace = (await session.scalars(select(Account).order_by(Account.id))).all()
        ada.name = "changed"  # only this one was touched
        session.add(added := Account(name="Barbara"))
        await session.flush()
        await session.rollback()
        print("changed:", sorted(inspect(ada).expired_attributes))
        print("only read:", sorted(inspect(grace).expired_attributes))
        print("added, still in the session:", added in session, inspect(added).transient)
        await session.refresh(ada)
        print("as before:", ada.name)
    await engine.dispose()


asyncio.run(main())
