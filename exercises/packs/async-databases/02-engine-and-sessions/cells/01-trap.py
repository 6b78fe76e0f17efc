import asyncio

from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine)  # expire_on_commit is True unless you say otherwise


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
        account = Account(name="Ada")
        session.add(account)
        await session.flush()
        print("after flush: ", account.id, account.name)
        await session.commit()
        print("after commit:", vars(account).keys() - {"_sa_instance_state"} or "nothing loaded")
        print(account.id)  # even the primary key has to be fetched again


asyncio.run(main())
