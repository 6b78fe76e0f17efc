import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(DATABASE_URL, pool_size=1, max_overflow=0)
TENANT = text("SELECT current_setting('app.tenant', true)")


async def request(setting: str) -> None:
    async with engine.begin() as connection:
        await connection.execute(text(setting))


async def tenant() -> str:
    async with engine.connect() as connection:
        return await connection.scalar(TENANT) or "nobody"


async def main() -> None:
    await request("SET LOCAL app.tenant = 'acme'")
    print("after SET LOCAL the next request is", await tenant())
    await request("SET app.tenant = 'acme'")
    print("after SET the next request is", await tenant())
    await engine.dispose()


asyncio.run(main())
