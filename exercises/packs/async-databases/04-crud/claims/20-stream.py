import asyncio

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(DATABASE_URL)


class Base(DeclarativeBase):
    pass


class Member(Base):
    __tablename__ = "member"
    id: Mapped[int] = mapped_column(primary_key=True)


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
        await connection.execute(insert(Member), [{"id": number} for number in range(1, 1001)])
    async with AsyncSession(engine) as session:
        portions = select(Member).order_by(Member.id).execution_options(yield_per=100)
        read = 0
        async for _ in await session.stream_scalars(portions):
            read += 1
            if read == 1:
                print("objects made when the first is seen:", len(session.identity_map))
    print("read:", read)
    await engine.dispose()


asyncio.run(main())
