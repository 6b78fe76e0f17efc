import asyncio
import time

from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

engine = create_async_engine(DATABASE_URL)


@event.listens_for(engine.sync_engine, "connect")
def add_slow_query(connection, _record) -> None:
    if engine.dialect.name == "sqlite":
        connection.create_function("pg_sleep", 1, time.sleep)


async def ask(session: AsyncSession) -> str:
    await session.execute(text("SELECT pg_sleep(0.4)"))
    return "ok"


async def ask_alone() -> str:
    async with AsyncSession(engine) as session:
        return await ask(session)


async def together(title: str, *questions) -> None:
    started = time.perf_counter()
    answers = await asyncio.gather(*questions)
    is_sum = time.perf_counter() - started >= 1.2
    print(f"{title}: {answers}, as long as all three: {is_sum}")


async def main() -> None:
    async with AsyncSession(engine) as session:
        await session.connection()
        await together("one session", *(ask(session) for _ in range(3)))
    await together("a session each", *(ask_alone() for _ in range(3)))
    await engine.dispose()


asyncio.run(main())
