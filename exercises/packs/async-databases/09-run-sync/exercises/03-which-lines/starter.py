import asyncio
import time

import psycopg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session
from sqlalchemy.util import await_only

engine = create_async_engine(DATABASE_URL)
archive = psycopg.connect(DSN)  # before the loop begins


def make_report(session: Session) -> int:
    rate = session.scalar(text("SELECT 3 FROM pg_sleep(0.3)"))
    time.sleep(0.3)
    archive.execute("SELECT pg_sleep(0.3)")
    await_only(asyncio.sleep(0.3))
    total = sum(number * number % 7 for number in range(3_000_000))
    session.execute(text("SELECT pg_sleep(0.3)"))
    return rate * total


async def main() -> None:
    async with AsyncSession(engine) as session:
        await session.run_sync(make_report)
    await asyncio.to_thread(time.sleep, 0.3)
    await engine.dispose()


asyncio.run(main())
