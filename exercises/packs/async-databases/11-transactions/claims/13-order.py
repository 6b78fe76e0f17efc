import asyncio

from sqlalchemy import ForeignKey, event
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine)
sent = []


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Order(Base):  # a bare foreign key
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))


class Parcel(Base):  # and one with a relationship
    __tablename__ = "parcels"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user: Mapped[User] = relationship()


@event.listens_for(engine.sync_engine, "before_cursor_execute")
def note(_connection, _cursor, statement, *_) -> None:
    if statement.startswith("INSERT"):
        sent.append(statement.split()[2])


async def store(title: str, *objects: Base, flush_first: bool = False) -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    sent.clear()
    try:
        async with new_session.begin() as session:
            session.add(objects[0])
            if flush_first:
                await session.flush()
                objects[1].user_id = objects[0].id
            session.add(objects[1])
    except IntegrityError as error:
        print(f"{title}: {', '.join(sent)}: {getattr(error.orig, 'sqlstate', 'IntegrityError')}")
    else:
        print(f"{title}: {', '.join(sent)}: stored")


async def main() -> None:
    await store("bare", User(name="Ada"), Order(user_id=1))
    ada = User(name="Ada")
    await store("related", ada, Parcel(user=ada))
    await store("flushed", User(name="Ada"), Order(), flush_first=True)
    await engine.dispose()


asyncio.run(main())
