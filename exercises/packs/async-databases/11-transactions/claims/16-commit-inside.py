import asyncio

from sqlalchemy import text
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine)


async def main() -> None:
    async with new_session.begin() as session:
        await session.execute(text("SELECT 1"))
        await session.commit()
    print("commit() as the last line: fine")
    try:
        async with new_session.begin() as session:
            await session.commit()
            await session.execute(text("SELECT 1"))
    except InvalidRequestError as error:
        print("and then SQL:", str(error).partition(".")[0])
    await engine.dispose()


asyncio.run(main())
