import asyncio
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.exc import SQLAlchemyError
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
    seen: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


def peek(account: Account, attribute: str) -> object:
    try:
        return getattr(account, attribute)
    except SQLAlchemyError as error:
        return type(getattr(error, "orig", None) or error).__name__


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)

    async with new_session() as session:
        session.add(account := Account(name="Ada"))
        await session.commit()

        async with new_session.begin() as somebody_else:
            await somebody_else.execute(update(Account).values(name="Grace"))
        query = select(Account)
        print("plain select again:", (await session.scalars(query)).one().name)
        query = query.execution_options(populate_existing=True)
        print("populate_existing: ", (await session.scalars(query)).one().name)

        account.name = "Barbara"
        await session.commit()
        print("onupdate column:   ", peek(account, "seen"))
        await session.refresh(account)
        await session.rollback()
        print("after a rollback:  ", peek(account, "name"))
    await engine.dispose()


asyncio.run(main())
