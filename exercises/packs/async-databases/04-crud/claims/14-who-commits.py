import asyncio

from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine)


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
        session.add(Member(id=1, name="commit()"))
        await session.commit()
    async with new_session.begin() as session:
        session.add(Member(id=2, name="new_session.begin()"))
    async with new_session() as session, session.begin():
        session.add(Member(id=3, name="session.begin()"))
    async with new_session() as session:
        session.add(Member(id=4, name="flush() alone"))
        await session.flush()
    await engine.dispose()


asyncio.run(main())
