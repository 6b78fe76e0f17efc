import asyncio

from sqlalchemy import event, func, inspect, text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine, expire_on_commit=False)
statements: list[str] = []


@event.listens_for(engine.sync_engine, "before_cursor_execute")
def note_statement(_connection, _cursor, statement, *_) -> None:
    words = statement.split()
    statements.append(words[0] + (" RETURNING" if "RETURNING" in words else ""))


class Base(DeclarativeBase):
    pass


class Account(Base):
    __tablename__ = "account"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    made: Mapped[str] = mapped_column(server_default=func.current_timestamp())
    changes: Mapped[int] = mapped_column(server_default=text("0"), onupdate=text("changes + 1"))


class Eager(Base):
    __tablename__ = "eager"
    __mapper_args__ = {"eager_defaults": True}
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    changes: Mapped[int] = mapped_column(server_default=text("0"), onupdate=text("changes + 1"))


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)

    async with new_session() as session:
        for model in (Account, Eager):
            statements.clear()
            session.add(row := model(name="Ada"))
            await session.commit()
            expired = sorted(inspect(row).expired_attributes)
            print(f"{model.__name__} inserted: expired {expired}, sent {statements}")
            statements.clear()
            row.name = "Grace"
            await session.commit()
            expired = sorted(inspect(row).expired_attributes)
            print(f"{model.__name__} updated: expired {expired}, sent {statements}")
        print("eager value:", row.changes)
    await engine.dispose()


asyncio.run(main())
