import asyncio

from sqlalchemy import ForeignKey, inspect, select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    pass


class Team(Base):
    __tablename__ = "team"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    members: Mapped[list["Member"]] = relationship(back_populates="team")


class Member(Base):
    __tablename__ = "member"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))
    team: Mapped[Team] = relationship(back_populates="members")


def describe(session: Session) -> str:
    """Old code, unchanged: it loads lazily wherever it likes."""
    team = session.scalars(select(Team)).one()
    return f"{team.name}: {', '.join(member.name for member in team.members)}"


def recreate(connection) -> list[str]:
    Base.metadata.drop_all(connection)
    Base.metadata.create_all(connection)
    return sorted(inspect(connection).get_table_names())


async def main() -> None:
    async with engine.begin() as connection:
        print("tables:", await connection.run_sync(recreate))
    async with new_session.begin() as session:
        session.add(Team(name="Compilers", members=[Member(name="Grace"), Member(name="Fran")]))
    async with new_session() as session:
        print(await session.run_sync(describe))
    await engine.dispose()


asyncio.run(main())
