import asyncio
from contextvars import ContextVar

from sqlalchemy import text
from sqlalchemy.ext.asyncio import async_scoped_session, async_sessionmaker, create_async_engine

engine = create_async_engine(DATABASE_URL)
request: ContextVar[int] = ContextVar("request")
Session = async_scoped_session(async_sessionmaker(engine), scopefunc=request.get)


async def child() -> int:
    await Session.scalar(text("SELECT 1"))
    return id(Session())


async def handle(number: int) -> set[int]:
    request.set(number)
    found = {await asyncio.create_task(child()) for _ in range(3)}
    await Session.remove()
    return found


async def main() -> None:
    first, second = await asyncio.gather(handle(1), handle(2))
    print("sessions of a request with three children:", len(first))
    print("two requests share one:", bool(first & second))
    await engine.dispose()  # the pool is cold again: the next session has to connect
    request.set(3)
    found = await asyncio.gather(child(), child(), return_exceptions=True)
    failed = [type(each).__name__ for each in found if isinstance(each, Exception)]
    print("two children at once:", *failed)
    await Session.remove()
    await engine.dispose()


asyncio.run(main())
