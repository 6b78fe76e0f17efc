import asyncio
import tempfile
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "user"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


count = select(func.count()).select_from(User)


async def main() -> None:
    with tempfile.TemporaryDirectory(dir=".") as folder:  # pytest's tmp_path does the same
        engine = create_async_engine(f"sqlite+aiosqlite:///{Path(folder, 'test.db')}")
        new_session = async_sessionmaker(engine)
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        print("pool:", type(engine.pool).__name__)

        async with new_session() as mine, new_session() as theirs:
            mine.add(User(name="Ada"))
            await mine.flush()
            print("another session sees", await theirs.scalar(count), "rows")
            await theirs.rollback()
            await mine.commit()

        async with new_session() as session:
            print("after my commit:", await session.scalar(count), "row")
        await engine.dispose()


asyncio.run(main())
