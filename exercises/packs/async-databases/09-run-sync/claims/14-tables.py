import asyncio

from sqlalchemy import Column, Connection, Integer, MetaData, Table, inspect
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(DATABASE_URL)
metadata = MetaData()
Table("leaf", metadata, Column("id", Integer, primary_key=True))


async def find_tables() -> list[str]:
    async with engine.connect() as connection:
        return await connection.run_sync(names)


def names(connection: Connection) -> list[str]:
    return inspect(connection).get_table_names()


def attempt(name: str, what) -> None:
    try:
        what()
    except Exception as error:
        print(f"{name}: {type(error).__name__}, {str(error).splitlines()[0]}")


async def main() -> None:
    async with engine.begin() as connection:
        attempt("create_all(connection)", lambda: metadata.create_all(connection))
        attempt("inspect(connection)", lambda: inspect(connection))
    attempt("inspect(engine)", lambda: inspect(engine))
    attempt("engine.run_sync", lambda: engine.run_sync(names))

    async with engine.connect() as connection:
        await connection.run_sync(metadata.create_all)
    print("after connect() and create_all:", await find_tables())
    async with engine.begin() as connection:
        await connection.run_sync(metadata.drop_all)
        await connection.run_sync(metadata.create_all)
    print("after begin() and create_all:", await find_tables())
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
        await connection.run_sync(metadata.drop_all)
    print("after create_all and drop_all:", await find_tables())
    await engine.dispose()


asyncio.run(main())
