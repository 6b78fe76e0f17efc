import asyncio

from sqlalchemy.ext.asyncio import (
    AsyncSession,
    async_scoped_session,
    async_sessionmaker,
    create_async_engine,
)

engine = create_async_engine(DATABASE_URL)
Session = async_scoped_session(async_sessionmaker(engine), scopefunc=asyncio.current_task)


async def find() -> AsyncSession:
    return Session()


async def find_in_timeout() -> AsyncSession:
    async with asyncio.timeout(1):
        return await find()


async def find_in_generator() -> AsyncSession:
    async def numbers():
        yield Session()

    return await anext(numbers())


async def find_in_group() -> AsyncSession:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(find())
    return task.result()


async def main() -> None:
    mine = Session()
    ways = {
        "await": find(),
        "timeout": find_in_timeout(),
        "async generator": find_in_generator(),
        "wait_for": asyncio.wait_for(find(), 1),
        "create_task": asyncio.create_task(find()),
        "gather": asyncio.gather(find()),
        "TaskGroup": find_in_group(),
        "to_thread": asyncio.to_thread(Session),
    }
    for name, way in ways.items():
        try:
            found = await way
        except RuntimeError as error:
            print(f"{name}: RuntimeError, {error}")
        else:
            found = found[0] if isinstance(found, list) else found
            print(f"{name}: {'mine' if found is mine else 'another'}")


asyncio.run(main())
