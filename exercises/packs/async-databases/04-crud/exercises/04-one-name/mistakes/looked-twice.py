from contextlib import asynccontextmanager

from fastapi import FastAPI, HTTPException
from sqlalchemy import String, func, select, text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

# Two worker processes run this module.
engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine)


class Base(DeclarativeBase):
    pass


class Member(Base):
    __tablename__ = "member"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)


class Attempt(Base):
    __tablename__ = "attempt"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    visitor: Mapped[int]


# The database takes a moment to store a member.
SLOW_INSERT = (
    """CREATE OR REPLACE FUNCTION take_a_moment() RETURNS trigger LANGUAGE plpgsql
    AS 'BEGIN PERFORM pg_sleep(0.4); RETURN NEW; END'""",
    """CREATE OR REPLACE TRIGGER slow_insert BEFORE INSERT ON member
    FOR EACH ROW EXECUTE FUNCTION take_a_moment()""",
)


@asynccontextmanager
async def lifespan(_):
    async with engine.begin() as connection:
        await connection.execute(select(func.pg_advisory_xact_lock(1)))  # one worker at a time
        await connection.run_sync(Base.metadata.create_all)
        for statement in SLOW_INSERT:
            await connection.execute(text(statement))
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


@app.post("/members/{name}")
async def sign_up(name: str, visitor: int) -> str:
    async with new_session.begin() as session:
        session.add(Attempt(name=name, visitor=visitor))
        taken = await session.scalar(select(Member.id).where(Member.name == name))
        if not taken:
            taken = await session.scalar(select(Member.id).where(Member.name == name))
        if not taken:
            session.add(Member(name=name))
    if taken:
        raise HTTPException(409, "taken")
    return "welcome"
