"""What a typical cell does, done once: it fills the libraries' caches before the first fork."""

from __future__ import annotations

import fastapi
import httpx
from sqlalchemy import select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """The tables of this module only."""


class Warm(Base):
    """One row is enough."""

    __tablename__ = "warm"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


async def run(database_path: str) -> None:
    """An ORM round trip on aiosqlite and a FastAPI request."""
    engine = create_async_engine(f"sqlite+aiosqlite:///{database_path}")
    make_session = async_sessionmaker(engine)
    app = fastapi.FastAPI()

    @app.get("/names")
    async def names() -> list[str]:
        async with make_session() as session:
            return list(await session.scalars(select(Warm.name)))

    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with make_session.begin() as session:
        session.add(Warm(name="warm"))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
        response = await client.get("/names")
        response.raise_for_status()
    await engine.dispose()
