import asyncio

from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import Pool

connects = 0


@event.listens_for(Pool, "connect")
def count(*_) -> None:
    global connects
    connects += 1


async def main() -> None:
    global connects
    shared = create_async_engine(DATABASE_URL)
    for _ in range(10):
        async with shared.connect() as connection:
            await connection.execute(text("SELECT 1"))
    print("one engine, ten units of work:", connects)
    await shared.dispose()

    connects = 0
    engines = [create_async_engine(DATABASE_URL) for _ in range(10)]
    for engine in engines:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
    print("ten engines, ten units of work:", connects)
    print("still open:", sum(engine.pool.checkedin() for engine in engines))
    for engine in engines:
        await engine.dispose()
    print("after dispose:", sum(engine.pool.checkedin() for engine in engines))


asyncio.run(main())
