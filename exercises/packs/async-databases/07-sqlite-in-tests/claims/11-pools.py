import asyncio

from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool


async def describe(what: str, url: str, **options: object) -> None:
    engine = create_async_engine(url, **options)
    opened = []
    event.listen(engine.sync_engine, "connect", lambda *connection: opened.append(connection))
    try:
        async with engine.begin() as connection:
            await connection.execute(text("CREATE TABLE IF NOT EXISTS note (id integer)"))
        async with engine.connect(), engine.connect(), engine.connect() as connection:
            found = await connection.scalar(text("SELECT count(*) FROM note"))
        outcome = f"{found} rows"
    except Exception as error:
        outcome = str(error.orig)
    print(f"{what}: {type(engine.pool).__name__}, {len(opened)} connections opened, {outcome}")
    await engine.dispose()


async def main() -> None:
    memory, file = "sqlite+aiosqlite:///:memory:", "sqlite+aiosqlite:///pools.db"
    await describe("memory", memory)
    await describe("file", file)
    await describe("memory with NullPool", memory, poolclass=NullPool)

    engine = create_async_engine(file)
    print(f"a file's pool keeps {engine.pool.size()} and opens {engine.pool._max_overflow} more")

    engine = create_async_engine(memory)
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE note (id integer)"))
    await engine.dispose()
    try:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT * FROM note"))
    except Exception as error:
        print("memory, after dispose:", error.orig)
    await engine.dispose()


asyncio.run(main())
