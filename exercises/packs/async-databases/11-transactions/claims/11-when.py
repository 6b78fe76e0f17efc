import asyncio

from sqlalchemy import event, text
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(DATABASE_URL)
sent = []


class Base(DeclarativeBase):
    pass


class Guest(Base):
    __tablename__ = "guest"
    name: Mapped[str] = mapped_column(primary_key=True)


@event.listens_for(engine.sync_engine, "before_cursor_execute")
def note(_connection, _cursor, statement, *_) -> None:
    sent.append(statement)


def show(title: str, session: AsyncSession) -> None:
    lent = engine.pool.checkedout()
    print(f"{title}: in one {session.in_transaction()}, {len(sent)} sent, {lent} lent")


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    sent.clear()
    async with AsyncSession(engine) as session:
        show("new session", session)
        session.add(Guest(name="Ada"))
        show("after add()", session)
        await session.flush()
        show("after flush()", session)
        await session.commit()
        show("after commit()", session)
        await session.execute(text("SELECT 1"))
        show("after a read", session)
        await session.rollback()
        show("after rollback()", session)
    async with AsyncSession(engine, autobegin=False) as session:
        try:
            await session.execute(text("SELECT 1"))
        except InvalidRequestError as error:
            print("autobegin=False:", type(error).__name__)
    async with AsyncSession(engine) as session:
        session.add(Guest(name="Grace"))
        try:
            async with session.begin():
                print("begin() after add() worked")
        except InvalidRequestError as error:
            print("begin() after add():", str(error).partition(".")[0])
    await engine.dispose()


asyncio.run(main())
