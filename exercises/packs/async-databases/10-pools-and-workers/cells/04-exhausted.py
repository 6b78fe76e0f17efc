import asyncio

from sqlalchemy import exc, text
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(DATABASE_URL, pool_size=1, max_overflow=1, pool_timeout=0.2)


async def main() -> None:
    print("at the start:", engine.pool.status())
    first, second = await engine.connect(), await engine.connect()
    await second.execute(text("SELECT 1"))
    try:
        await engine.connect()
    except exc.TimeoutError as error:
        print(str(error).partition(" (")[0])
    await second.close()  # the overflow: closed, not kept
    await first.close()
    print("open when idle:", engine.pool.checkedin())
    await engine.dispose()


asyncio.run(main())
