import asyncio

from sqlalchemy import event, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine, expire_on_commit=False)
seen: list[str] = []


@event.listens_for(engine.sync_engine, "before_cursor_execute")
def note_statement(_connection, _cursor, statement, *_) -> None:
    seen.append(statement.split()[0])


@event.listens_for(engine.sync_engine, "begin")
def note_begin(_connection) -> None:
    seen.append("BEGIN")


@event.listens_for(engine.sync_engine, "commit")
def note_commit(_connection) -> None:
    seen.append("COMMIT")


class Base(DeclarativeBase):
    pass


class Member(Base):
    __tablename__ = "member"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


async def create() -> None:
    async with new_session() as session:
        seen.clear()
        session.add(Member(id=1, name="Ada"))
        print("after add():", seen)
        await session.commit()
        print("after commit():", seen)
        try:
            await session.add(Member(id=2, name="Grace"))
        except TypeError as error:
            print("TypeError:", error)
        print("and yet it was added:", [one.name for one in session.new])
        await session.commit()


async def change() -> None:
    async with new_session() as session:
        ada = await session.get_one(Member, 1)
        await session.execute(update(Member).where(Member.id == 1).values(name="Ada L."))
        seen.clear()
        print("the loaded object:", ada.name, seen)
        nobody = update(Member).where(Member.id == 99).values(name="Nobody")
        print("nobody to update:", (await session.execute(nobody)).rowcount)
        try:  # no variable of that name, so it is Python's own function
            await session.execute(update(Member).where(Member.id == id).values(name="Bob"))
        except DBAPIError as error:
            print("compared with the builtin: DBAPIError:", error.orig)


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    await create()
    await change()
    await engine.dispose()


asyncio.run(main())
