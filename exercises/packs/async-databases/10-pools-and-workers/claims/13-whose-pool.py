import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

asked_for_a_pool = 0

if "asyncpg" in DATABASE_URL:
    import asyncpg

    make_pool = asyncpg.create_pool

    def create_pool(*arguments, **options):
        global asked_for_a_pool
        asked_for_a_pool += 1
        return make_pool(*arguments, **options)

    asyncpg.create_pool = asyncpg.pool.create_pool = create_pool


async def main() -> None:
    engine = create_async_engine(DATABASE_URL)
    async with engine.connect() as connection:
        await connection.execute(text("SELECT 1"))
        raw = (await connection.get_raw_connection()).driver_connection
    print("driver:", type(raw).__module__.partition(".")[0])
    print("pool:", type(engine.pool).__name__)
    print("calls of asyncpg.create_pool:", asked_for_a_pool)
    print("keeps", engine.pool.size(), "and waits", engine.pool.timeout(), "s")
    await engine.dispose()


asyncio.run(main())
