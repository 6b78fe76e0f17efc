import asyncio
import threading

import greenlet
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session

engine = create_async_engine(DATABASE_URL)
outside = threading.get_ident()


def look(given: Connection | Session) -> None:
    given.execute(text("SELECT 1"))
    here = greenlet.getcurrent()
    print(f"given a {type(given).__name__}")
    print("on the loop's thread:", threading.get_ident() == outside)
    print("in a greenlet whose parent is the loop's:", here.parent is at_home)
    print("a loop is running:", asyncio.get_running_loop().is_running())


async def main() -> None:
    global at_home
    at_home = greenlet.getcurrent()
    async with engine.connect() as connection:
        await connection.run_sync(look)
    async with AsyncSession(engine) as session:
        await session.run_sync(look)
    await engine.dispose()


asyncio.run(main())
