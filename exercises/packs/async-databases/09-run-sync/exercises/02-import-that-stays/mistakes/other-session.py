from contextlib import asynccontextmanager

from fastapi import FastAPI, HTTPException
from sqlalchemy.exc import IntegrityError
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
    try:
        async with new_session() as session:
            await session.run_sync(lambda sync: sync.bulk_insert_mappings(Member, rows))
        async with new_session() as session:
            await session.commit()
    except IntegrityError:
        raise HTTPException(422, f"list {number} has a member without a name") from None
    return {"imported": len(rows)}
