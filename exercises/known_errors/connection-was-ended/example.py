import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(DATABASE_URL)


async def main() -> None:
    async with engine.connect() as one, engine.connect() as other:
        backend = await one.scalar(text("SELECT pg_backend_pid()"))
        await one.commit()
        await other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": backend})
        await asyncio.sleep(0.1)
        await one.execute(text("SELECT 1"))  # here


asyncio.run(main())
