import asyncio

from sqlalchemy import event, func, select
from sqlalchemy.exc import MultipleResultsFound, NoResultFound
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(DATABASE_URL)
statements: list[str] = []


@event.listens_for(engine.sync_engine, "before_cursor_execute")
def note_statement(_connection, _cursor, statement, *_) -> None:
    statements.append(statement)


class Base(DeclarativeBase):
    pass


class Member(Base):
    __tablename__ = "member"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


async def by_key(session: AsyncSession) -> None:
    statements.clear()
    first = await session.get(Member, 1)
    print("statements of the first get():", len(statements))
    second = await session.get(Member, 1)
    print("after the second:", len(statements), "- the same object:", first is second)
    print("nobody:", await session.get(Member, 99))
    try:
        await session.get_one(Member, 99)
    except NoResultFound as error:
        print("get_one:", type(error).__name__)


async def results(session: AsyncSession) -> None:
    everybody = select(Member).order_by(Member.id)
    result = await session.execute(everybody)
    print("execute().all():", [(len(row), row[0].name) for row in result.all()])
    print("all() again:", result.all())
    print("scalars().all():", [one.name for one in (await session.scalars(everybody)).all()])
    print("first():", (await session.scalars(everybody)).first().name)
    print("scalar():", (await session.scalar(everybody)).name)
    nobody = select(Member).where(Member.id == 99)
    print("none of them:", (await session.execute(nobody)).scalar_one_or_none())
    try:
        (await session.execute(everybody)).scalar_one_or_none()
    except MultipleResultsFound as error:
        print("two of them:", type(error).__name__)


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    async with AsyncSession(engine) as session, session.begin():
        session.add_all([Member(id=1, name="Ada"), Member(id=2, name="Grace")])
    async with AsyncSession(engine) as session:
        await by_key(session)
        await results(session)
        count = await session.scalar(select(func.count()).select_from(Member))
        print("count:", type(count).__name__, count)
    await engine.dispose()


asyncio.run(main())
