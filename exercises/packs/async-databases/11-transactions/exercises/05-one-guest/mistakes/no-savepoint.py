import asyncio

from sqlalchemy import Column, MetaData, String, Table, insert
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(DATABASE_URL)
metadata = MetaData()
guest = Table("guest", metadata, Column("name", String, primary_key=True))


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)

    connection = await engine.connect()

    async def invite(name: str) -> None:
        await connection.execute(insert(guest).values(name=name))

    outer = await connection.begin()
    await invite("Ada")
    await outer.commit()
    await connection.close()
    await engine.dispose()


asyncio.run(main())
