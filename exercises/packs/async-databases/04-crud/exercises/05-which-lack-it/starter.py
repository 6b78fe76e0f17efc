import asyncio

from sqlalchemy import select, update
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


async def join(number: int, name: str) -> None:
    async with new_session() as session:
        session.add(Member(id=number, name=name))
        session.commit()


async def rename(number: int, name: str) -> str:
    renamed = update(Member).where(Member.id == number).values(name=name)
    async with new_session.begin() as session:
        member = await session.get_one(Member, number)
        await session.execute(renamed.execution_options(synchronize_session=False))
        session.refresh(member)
        return member.name


async def leave(number: int) -> None:
    async with new_session.begin() as session:
        member = await session.get_one(Member, number)
        session.delete(member)


async def read() -> list[str]:
    async with new_session() as session:
        found = await session.scalars(select(Member.name).order_by(Member.id))
        return list(found.all())


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with new_session.begin() as session:
        session.add_all([Member(id=1, name="Ada"), Member(id=2, name="Bo")])
    await join(3, "Cem")
    print("Ada is now", await rename(1, "Augusta"))
    await leave(2)
    print(await read())
    await engine.dispose()


asyncio.run(main())
