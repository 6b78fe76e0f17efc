import asyncio

from sqlalchemy.ext.asyncio import (
    AsyncSession,
    async_scoped_session,
    async_sessionmaker,
    create_async_engine,
)

engine = create_async_engine(DATABASE_URL)
Session: async_scoped_session[AsyncSession] = async_scoped_session(
    async_sessionmaker(engine), scopefunc=asyncio.current_task
)


async def get_session() -> AsyncSession:
    return Session()


async def within_timeout() -> AsyncSession:
    async with asyncio.timeout(1):
        return await get_session()


async def in_task_group() -> AsyncSession:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(get_session())
    return task.result()


async def in_thread() -> AsyncSession:
    return await asyncio.to_thread(Session)


async def main() -> list[dict[str, str]]:
    mine = Session()
    ways = {
        "await coroutine": get_session,
        "asyncio.timeout": within_timeout,
        "asyncio.wait_for": lambda: asyncio.wait_for(get_session(), 1),
        "create_task": lambda: asyncio.create_task(get_session()),
        "gather": lambda: asyncio.gather(get_session()),
        "TaskGroup": in_task_group,
        "to_thread": in_thread,
    }
    rows = []
    for name, way in ways.items():
        try:
            found = await way()
            found = found[0] if isinstance(found, list) else found
            rows.append({"way": name, "session": "mine" if found is mine else "another"})
        except RuntimeError as error:
            rows.append({"way": name, "session": f"RuntimeError: {error}"})
    await Session.remove()
    return rows


asyncio.run(main())
