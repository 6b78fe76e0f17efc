from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy import ForeignKey, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Team(Base):
    __tablename__ = "team"
    id: Mapped[int] = mapped_column(primary_key=True)
    members: Mapped[list["Member"]] = relationship()


class Member(Base):
    __tablename__ = "member"
    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))
    points: Mapped[int]


@asynccontextmanager
async def lifespan(_):
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        await connection.execute(text("INSERT INTO team SELECT generate_series(1, 100)"))
        await connection.execute(
            text(
                "INSERT INTO member SELECT i, i % 100 + 1, i % 17 FROM generate_series(1, 300) AS i"
            )
        )
    yield
    await engine.dispose()


engine = create_async_engine(DATABASE_URL)
app = FastAPI(lifespan=lifespan)


def rank(session: Session, numbers: list[int]) -> list[int]:
    """Code from before, to be kept as it is: the points of each team."""
    factor = session.scalar(text("SELECT 7 FROM pg_sleep(0.1)"))
    found = []
    for number in numbers:
        team = session.get(Team, number)
        found.append(factor * sum(member.points for member in team.members))
    return found


@app.get("/teams/{first}")
async def read_teams(first: int) -> list[int]:
    numbers = list(range(first, first + 5))
    async with AsyncSession(engine) as session:
        return await session.run_sync(rank, numbers)
