import asyncio

from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine

driver = make_url(DATABASE_URL).get_driver_name()
# A socket that is not there, since a cell has no network on which to be refused.
engine = create_async_engine(f"postgresql+{driver}://me@/none?host=/tmp/nobody")
print("the engine is made")


async def main() -> None:
    try:
        async with engine.connect():
            pass
    except Exception as error:
        print("of the operating system:", isinstance(error, OSError))
        print("of SQLAlchemy:", isinstance(error, SQLAlchemyError))
        print(f"{type(error).__name__}: {error}")


asyncio.run(main())
