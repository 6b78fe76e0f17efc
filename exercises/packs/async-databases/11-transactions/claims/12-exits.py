import asyncio

from sqlalchemy import event, func, select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine)
sent = []


class Base(DeclarativeBase):
    pass


class Guest(Base):
    __tablename__ = "guest"
    name: Mapped[str] = mapped_column(primary_key=True)


@event.listens_for(engine.sync_engine, "before_cursor_execute")
def note(_connection, _cursor, statement, *_) -> None:
    sent.append(statement)


async def leave_early(name: str) -> None:
    async with new_session.begin() as session:
        session.add(Guest(name=name))
        return


async def swallow(name: str) -> None:
    async with new_session.begin() as session:
        session.add(Guest(name=name))
        try:
            raise ValueError
        except ValueError:
            pass


async def fail(name: str, error: BaseException, *, flush: bool = True) -> None:
    async with new_session.begin() as session:
        session.add_all([Guest(name=name), Guest(name=f"{name}'s friend")])
        if flush:
            await session.flush()
        raise error


async def count(name: str) -> int:
    async with new_session() as session:
        query = select(func.count()).select_from(Guest).where(Guest.name.startswith(name))
        return await session.scalar(query)


async def attempt(name: str, work) -> None:
    sent.clear()
    try:
        await work
    except BaseException as error:
        name = f"{name} ({type(error).__name__})"
    inserts = sum("INSERT" in statement for statement in sent)
    print(f"{name}: {inserts} INSERT sent, {await count(name.partition(' ')[0])} rows")


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    await attempt("early", leave_early("early"))
    await attempt("swallowed", swallow("swallowed"))
    await attempt("flushed", fail("flushed", ValueError()))
    await attempt("unflushed", fail("unflushed", ValueError(), flush=False))
    await attempt("cancelled", fail("cancelled", asyncio.CancelledError()))
    await attempt("interrupted", fail("interrupted", KeyboardInterrupt()))
    await engine.dispose()


asyncio.run(main())
