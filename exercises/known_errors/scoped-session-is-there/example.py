import asyncio

from sqlalchemy.ext.asyncio import (
    async_scoped_session,
    async_sessionmaker,
    create_async_engine,
)

engine = create_async_engine(DATABASE_URL)
Session = async_scoped_session(async_sessionmaker(engine), scopefunc=asyncio.current_task)


async def main() -> None:
    Session()
    Session(expire_on_commit=False)  # here


asyncio.run(main())
