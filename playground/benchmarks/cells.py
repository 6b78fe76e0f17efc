"""The cells the benchmarks run."""

PRINT = "print('first')\n"

_MODEL = """\
import asyncio
from sqlalchemy import select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

class Base(DeclarativeBase):
    pass

class User(Base):
    __tablename__ = "bench_user"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]

engine = create_async_engine(DATABASE_URL)
make_session = async_sessionmaker(engine)

async def set_up():
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    async with make_session.begin() as session:
        session.add(User(name="first"))
"""

ORM = (
    _MODEL
    + """
async def main():
    await set_up()
    async with make_session() as session:
        print((await session.scalars(select(User.name))).all())
    await engine.dispose()

asyncio.run(main())
"""
)

ORM_AND_FASTAPI = (
    _MODEL
    + """
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

app = FastAPI()

@app.get("/users")
async def users() -> list[str]:
    async with make_session() as session:
        return list(await session.scalars(select(User.name)))

async def main():
    await set_up()
    async with AsyncClient(transport=ASGITransport(app=app), base_url="http://app") as client:
        print((await client.get("/users")).json())
    await engine.dispose()

asyncio.run(main())
"""
)

HOLD = ORM.replace("    await engine.dispose()\n", "    await asyncio.sleep(1.0)\n")
