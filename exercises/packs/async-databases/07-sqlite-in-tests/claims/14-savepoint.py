import asyncio

from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine


async def leave(engine: AsyncEngine, mode: str) -> int:
    """A test in an outer transaction, rolled back at its end: the rows that are left."""
    async with engine.begin() as connection:
        await connection.execute(text("DROP TABLE IF EXISTS note"))
        await connection.execute(text("CREATE TABLE note (id integer)"))
    async with engine.connect() as connection:
        outer = await connection.begin()
        async with AsyncSession(bind=connection, join_transaction_mode=mode) as session:
            await session.execute(text("INSERT INTO note VALUES (1)"))
            await session.commit()  # the code under test
        await outer.rollback()
    async with engine.connect() as connection:
        return await connection.scalar(text("SELECT count(*) FROM note"))


def begin_in_earnest(engine: AsyncEngine) -> None:
    """The sqlite3 module leaves transactions alone, and SQLAlchemy's begin sends BEGIN."""

    @event.listens_for(engine.sync_engine, "connect")
    def leave_alone(connection, _record) -> None:
        connection.isolation_level = None

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection) -> None:
        connection.exec_driver_sql("BEGIN")


async def main() -> None:
    engine = create_async_engine(DATABASE_URL)
    for mode in ("create_savepoint", "rollback_only"):
        print(f"{mode}: {await leave(engine, mode)} rows left")
    await engine.dispose()
    if engine.dialect.name == "sqlite":
        engine = create_async_engine(DATABASE_URL)
        begin_in_earnest(engine)
        print(f"create_savepoint after BEGIN: {await leave(engine, 'create_savepoint')} rows left")
        await engine.dispose()


asyncio.run(main())
