import asyncio

from sqlalchemy import event, select
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(DATABASE_URL)
statements: list[str] = []


@event.listens_for(engine.sync_engine, "before_cursor_execute")
def note_statement(_connection, _cursor, statement, *_) -> None:
    statements.append(statement)


class Base(DeclarativeBase):
    pass


class Member(Base):
    __tablename__ = "member"
    id: Mapped[int] = mapped_column(primary_key=True)
    active: Mapped[bool]


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    filters = {
        "== True": Member.active == True,  # noqa: E712 - this comparison is the subject
        "is_(True)": Member.active.is_(True),
        "alone": Member.active,
    }
    async with AsyncSession(engine) as session, session.begin():
        session.add_all([Member(id=1, active=True), Member(id=2, active=False)])
    async with AsyncSession(engine) as session:
        for name, wanted in filters.items():
            found = (await session.scalars(select(Member.id).where(wanted))).all()
            print(f"{name}: {statements[-1].split('WHERE ')[1]} finds {found}")
    await engine.dispose()


asyncio.run(main())
