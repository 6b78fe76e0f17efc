import zlib
from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "item"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


@asynccontextmanager
async def lifespan(_):
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        await connection.execute(
            text("INSERT INTO item SELECT i, 'item ' || i FROM generate_series(1, 80000) AS i")
        )
    yield
    await engine.dispose()


engine = create_async_engine(DATABASE_URL)
app = FastAPI(lifespan=lifespan)


@app.get("/export")
async def export(upto: int) -> dict[str, int]:
    checksum = rows = 0
    query = select(Item).where(Item.id <= upto).order_by(Item.id)
    async with AsyncSession(engine) as session:
        portions = query.execution_options(yield_per=500)
        async for item in await session.stream_scalars(portions):
            checksum = zlib.crc32(item.name.encode(), checksum)
            rows += 1
    return {"rows": rows, "checksum": checksum}
