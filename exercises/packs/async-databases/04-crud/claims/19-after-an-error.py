import asyncio

from sqlalchemy import String, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, PendingRollbackError
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine)


class Base(DeclarativeBase):
    pass


class Member(Base):
    __tablename__ = "member"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    async with new_session.begin() as session:
        session.add(Member(id=1, name="Ada"))

    async with new_session() as session:
        session.add(Member(id=2, name="Ada"))
        try:
            await session.flush()
        except IntegrityError:
            try:
                await session.scalar(select(Member.name))
            except PendingRollbackError as error:
                print("after a failed flush:", type(error).__name__)
            await session.rollback()
            print("after rollback():", await session.scalar(select(Member.name)))

    async with new_session() as session:
        try:
            await session.execute(text("SELECT nonsense FROM member"))
        except DBAPIError:
            try:
                print("after a failed statement:", await session.scalar(select(Member.name)))
            except DBAPIError as error:
                aborted = "current transaction is aborted" in str(error)
                print("after a failed statement: transaction aborted:", aborted)
    await engine.dispose()


asyncio.run(main())
