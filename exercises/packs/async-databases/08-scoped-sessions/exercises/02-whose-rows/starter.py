import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import async_scoped_session, async_sessionmaker, create_async_engine

engine = create_async_engine(DATABASE_URL, pool_size=10)
Session = async_scoped_session(async_sessionmaker(engine), scopefunc=asyncio.current_task)


async def note(way: str) -> None:
    await Session.execute(text("INSERT INTO note VALUES (:way)"), {"way": way})


async def note_in_timeout() -> None:
    async with asyncio.timeout(5):
        await note("timeout")


async def note_in_group() -> None:
    await note("before the group")
    async with asyncio.TaskGroup() as group:
        group.create_task(note("TaskGroup"))


async def main() -> None:
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE note (way TEXT)"))

    await note("await")
    await note_in_timeout()
    await asyncio.wait_for(note("wait_for"), timeout=5)
    await asyncio.create_task(note("create_task"))
    await asyncio.gather(note("gather"))
    await note_in_group()

    await Session.commit()


asyncio.run(main())
