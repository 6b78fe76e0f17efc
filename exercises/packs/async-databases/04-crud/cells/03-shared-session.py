import asyncio
import time

from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine)


@event.listens_for(engine.sync_engine, "connect")
def add_slow_query(connection, _record) -> None:
    if engine.dialect.name == "sqlite":
        connection.create_function("pg_sleep", 1, time.sleep)


async def ask(session: AsyncSession) -> str:
    try:
        await session.execute(text("SELECT pg_sleep(0.05)"))
    except Exception as error:
        return type(error).__name__
    return "ok"


async def ask_alone() -> str:
    async with new_session() as session:
        return await ask(session)


async def together(title: str, *questions) -> None:
    started = time.perf_counter()
    answers = await asyncio.gather(*questions)
    print(f"{title}: {(time.perf_counter() - started) * 1000:.0f} ms, {sorted(answers)}")


async def main() -> None:
    session = new_session()
    await together("one session, no connection yet", *(ask(session) for _ in range(3)))
    await session.close()

    async with new_session() as session:
        await session.connection()
        await together("one session, connected", *(ask(session) for _ in range(3)))

    await together("a session for each task", *(ask_alone() for _ in range(3)))
    print("connections left out:", engine.pool.checkedout())
    await engine.dispose()


asyncio.run(main())
