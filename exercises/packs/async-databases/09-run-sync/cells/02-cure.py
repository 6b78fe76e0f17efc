import asyncio
import threading
import time

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session

engine = create_async_engine(DATABASE_URL)


def read_figures(session: Session) -> list[int]:
    """Waits for the database only: each wait goes back to the event loop."""
    return [session.scalar(text(f"SELECT {number}")) for number in (3, 5, 8)]


def make_report(figures: list[int]) -> str:
    time.sleep(0.2)  # waits for something else: it needs a thread, and gets no session
    return f"{sum(figures)}, made in {threading.current_thread().name.partition('_')[0]}"


async def heartbeat() -> None:
    while True:
        await asyncio.sleep(0.01)


async def main() -> None:
    beating = asyncio.create_task(heartbeat())
    async with AsyncSession(engine) as session:
        figures = await session.run_sync(read_figures)
    print("report:", await asyncio.to_thread(make_report, figures))
    beating.cancel()
    await engine.dispose()


asyncio.run(main())
