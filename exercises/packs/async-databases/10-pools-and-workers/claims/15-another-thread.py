import asyncio
import threading

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(DATABASE_URL)
outcome = ""


async def ask() -> int:
    async with engine.connect() as connection:
        return await connection.scalar(text("SELECT 7"))


def elsewhere() -> None:
    global outcome
    try:
        outcome = f"answered {asyncio.run(ask())}"
    except Exception as error:
        outcome = f"{type(error).__name__}: {error}"


async def main() -> None:
    await ask()  # one connection in the pool, which belongs to this loop
    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()  # this loop stands still: two threads in one connection at once may crash Python
    print("from another thread's loop:", outcome)


asyncio.run(main())
