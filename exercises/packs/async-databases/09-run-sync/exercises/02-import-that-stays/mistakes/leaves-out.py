from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Member(Base):
    __tablename__ = "member"
    id: Mapped[int] = mapped_column(primary_key=True)
    list: Mapped[int]
    name: Mapped[str]


@asynccontextmanager
async def lifespan(_):
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield
    await engine.dispose()


engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine)
app = FastAPI(lifespan=lifespan)


def read_list(number: int) -> list[dict[str, object]]:
    """A list of a hundred members; in every third one a name is missing."""
    rows = [{"list": number, "name": f"member {number}-{row}"} for row in range(100)]
    if number % 3 == 0:
        rows[60]["name"] = None
    return rows


@app.post("/lists/{number}")
async def import_list(number: int) -> dict[str, int]:
    rows = read_list(number)
    rows = [row for row in rows if row["name"] is not None]
    async with new_session.begin() as session:
        await session.execute(insert(Member), rows)
    return {"imported": len(rows)}
