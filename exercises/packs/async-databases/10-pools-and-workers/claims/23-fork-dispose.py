import asyncio
import os

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine


async def ask(engine) -> str:
    try:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
    except Exception as error:
        return f"failed with {type(error).__name__}"
    return "answered"


async def ask_twice(engine) -> str:
    first = await ask(engine)
    return f"{first}, then {await ask(engine)}"


for title in ("dispose()", "dispose(close=False)"):
    engine = create_async_engine(DATABASE_URL)
    asyncio.run(ask(engine))  # one connection is open when the child is made
    if (child := os.fork()) == 0:
        if title == "dispose()":
            asyncio.run(engine.dispose())
        else:
            engine.sync_engine.dispose(close=False)
        print(f"{title}: the child is {asyncio.run(ask(engine))}", flush=True)
        os._exit(0)
    os.waitpid(child, 0)
    print(f"{title}: the parent is {asyncio.run(ask_twice(engine))}", flush=True)
