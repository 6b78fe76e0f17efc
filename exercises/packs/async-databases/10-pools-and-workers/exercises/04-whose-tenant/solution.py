from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import FastAPI, Header
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

engine = create_async_engine(DATABASE_URL, pool_size=1, max_overflow=0)
new_session = async_sessionmaker(engine)

# Postgres itself shows each tenant its own notes: those of the setting "app.tenant".
TABLES = [
    "CREATE TABLE note (tenant text, body text)",
    "CREATE TABLE visit (tenant text)",
    "INSERT INTO note VALUES ('acme', 'buy anvils'), ('globex', 'paint the dome')",
    "ALTER TABLE note ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE note FORCE ROW LEVEL SECURITY",
    "CREATE POLICY own ON note USING (tenant = current_setting('app.tenant', true))",
]


@asynccontextmanager
async def lifespan(_):
    async with engine.begin() as connection:
        for statement in TABLES:
            await connection.execute(text(statement))
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


async def choose_tenant(session: AsyncSession, tenant: str) -> None:
    chosen = text("SELECT set_config('app.tenant', :tenant, true)")  # what SET LOCAL does
    await session.execute(chosen, {"tenant": tenant})


@app.get("/notes")
async def notes(x_tenant: Annotated[str, Header()]) -> list[str]:
    async with new_session() as session:
        await choose_tenant(session, x_tenant)
        await session.execute(text("INSERT INTO visit VALUES (:who)"), {"who": x_tenant})
        found = (await session.scalars(text("SELECT body FROM note"))).all()
        await session.commit()
    return found


@app.get("/export")
async def export() -> list[str]:
    """Nobody has logged in here; leave this as it is."""
    async with new_session() as session:
        return (await session.scalars(text("SELECT body FROM note"))).all()
