import asyncio
from contextlib import suppress

from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine)
log: list[str] = []

for name in ("begin", "commit", "rollback"):
    event.listen(engine.sync_engine, name, lambda *_, name=name: log.append(name.upper()))


@event.listens_for(engine.sync_engine, "before_cursor_execute")
def note(_connection, _cursor, statement, *_) -> None:
    log.append(statement)


async def with_begin(query: str) -> None:
    async with new_session.begin() as session:
        await session.execute(text(query))
        if query.endswith("2"):
            raise ValueError


async def by_hand(query: str, *, rolls_back: bool = True) -> None:
    session = new_session()
    try:
        await session.execute(text(query))
        if query.endswith("2"):
            raise ValueError
        await session.commit()
    except BaseException:
        if rolls_back:
            await session.rollback()
        raise
    finally:
        await session.close()


async def logged(work) -> list[str]:
    log.clear()
    with suppress(ValueError):
        await work
    return list(log)


async def main() -> None:
    for title, query in (("success", "SELECT 1"), ("failure", "SELECT 2")):
        seen = await logged(with_begin(query))
        same = seen == await logged(by_hand(query))
        without = seen == await logged(by_hand(query, rolls_back=False))
        print(f"{title}: {seen}; by hand the same: {same}; without rollback(): {without}")
    await engine.dispose()


asyncio.run(main())
