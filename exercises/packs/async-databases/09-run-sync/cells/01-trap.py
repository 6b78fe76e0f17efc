import asyncio
import threading
import time

from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session

engine = create_async_engine(DATABASE_URL)


def make_report(session: Session) -> str:
    time.sleep(0.2)  # a synchronous client, a slow template, an hour of pandas
    return threading.current_thread().name


async def heartbeat() -> None:
    while True:
        await asyncio.sleep(0.01)


async def main() -> None:
    beating = asyncio.create_task(heartbeat())
    async with AsyncSession(engine) as session:
        print("the report was made in", await session.run_sync(make_report))
    print("the event loop runs in", threading.current_thread().name)
    beating.cancel()
    await engine.dispose()


asyncio.run(main())
