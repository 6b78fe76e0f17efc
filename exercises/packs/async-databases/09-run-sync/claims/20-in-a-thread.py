import asyncio
import time

from sqlalchemy import text
from sqlalchemy.exc import MissingGreenlet
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session

engine = create_async_engine(DATABASE_URL)


def ask(session: Session) -> int:
    return session.scalar(text("SELECT 1"))


async def count_turns(turns: list[int]) -> None:
    while True:
        await asyncio.sleep(0.01)
        turns.append(1)


async def main() -> None:
    turns: list[int] = []
    counting = asyncio.create_task(count_turns(turns))
    await asyncio.to_thread(time.sleep, 0.4)
    counting.cancel()
    print("while a thread sleeps, others have their turns:", len(turns) > 5)
    async with AsyncSession(engine) as session:
        print("run_sync:", await session.run_sync(ask))
        try:
            await asyncio.to_thread(ask, session.sync_session)
        except Exception as error:
            cause = getattr(error, "orig", error)
            print("to_thread: MissingGreenlet,", isinstance(cause, MissingGreenlet))
    await engine.dispose()


asyncio.run(main())
