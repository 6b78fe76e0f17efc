"""What a typical cell does: done before the first fork it fills caches and specialises code."""

from __future__ import annotations

import fastapi
import httpx
from sqlalchemy import select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


async def run(database_path: str) -> None:
    """Tables, an ORM round trip on aiosqlite and a FastAPI request."""

    class Base(DeclarativeBase):
        pass

    class Warm(Base):
        __tablename__ = "warm"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]

    engine = create_async_engine(f"sqlite+aiosqlite:///{database_path}")
    make_session = async_sessionmaker(engine)
    app = fastapi.FastAPI()

    @app.get("/names")
    async def names() -> list[str]:
        async with make_session() as session:
            return list(await session.scalars(select(Warm.name)))

    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    async with make_session.begin() as session:
        session.add(Warm(name="warm"))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
        response = await client.get("/names")
        response.raise_for_status()
    await engine.dispose()
