from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Reading(Base):
    __tablename__ = "reading"
    id: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[int]


@asynccontextmanager
async def lifespan(_):
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield
    await engine.dispose()


engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine)
app = FastAPI(lifespan=lifespan)
VALUES = range(50)


@app.get("/flush-each")
async def flush_each() -> None:
    async with new_session.begin() as session:
        for value in VALUES:
            session.add(Reading(value=value))
            await session.flush()


@app.get("/add-all")
async def add_all() -> None:
    async with new_session.begin() as session:
        session.add_all([Reading(value=value) for value in VALUES])


@app.get("/list-of-rows")
async def list_of_rows() -> None:
    async with new_session.begin() as session:
        await session.execute(insert(Reading), [{"value": value} for value in VALUES])


@app.get("/one-statement")
async def one_statement() -> None:
    async with new_session.begin() as session:
        await session.execute(insert(Reading).values([{"value": value} for value in VALUES]))
