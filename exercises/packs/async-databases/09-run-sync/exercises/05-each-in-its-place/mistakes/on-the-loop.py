import asyncio
import time

import psycopg
from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine)


class Base(DeclarativeBase):
    pass


class Team(Base):
    __tablename__ = "team"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    size: Mapped[int] = mapped_column(default=0)
    members: Mapped[list["Member"]] = relationship()


class Member(Base):
    __tablename__ = "member"
    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))


class Report(Base):
    __tablename__ = "report"
    teams: Mapped[int] = mapped_column(primary_key=True)


def import_teams(session: Session) -> None:
    """Old code, for a synchronous session, with a lazy load for each team."""
    session.add_all([Team(name="Compilers", members=[Member(), Member()]), Team(name="Tests")])
    session.flush()
    session.expire_all()
    for team in session.query(Team):
        team.size = len(team.members)


def send_report() -> None:
    """Somebody else's code: looks what is in the database, then waits for a slow mail server."""
    with psycopg.connect(DSN) as connection:
        connection.execute("INSERT INTO report SELECT count(*) FROM team")
    time.sleep(2.5)


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with new_session.begin() as session:
        await session.run_sync(import_teams)
    send_report()
    await engine.dispose()


asyncio.run(main())
