from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy import FetchedValue, text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine)


class Base(DeclarativeBase):
    pass


class Member(Base):
    __tablename__ = "member"
    id: Mapped[int] = mapped_column(primary_key=True)
    team: Mapped[int]
    name: Mapped[str]
    badge: Mapped[str] = mapped_column(server_default=FetchedValue())  # the database gives it


TABLE = """
CREATE TABLE member (
    id SERIAL PRIMARY KEY,
    team INTEGER NOT NULL,
    name TEXT NOT NULL,
    badge TEXT NOT NULL DEFAULT 'B' || (currval('member_id_seq') * 7919 + 104729) % 9973
)
"""


@asynccontextmanager
async def lifespan(_):
    async with engine.begin() as connection:
        await connection.execute(text(TABLE))
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


@app.post("/teams/{number}", status_code=201)
async def create_team(number: int) -> list[dict[str, str]]:
    async with new_session() as session:
        members = [Member(team=number, name=f"{name} {number}") for name in ("Ada", "Bo", "Cy")]
        session.add_all(members)
        await session.commit()
        return [{"name": each.name, "badge": each.badge} for each in members]
