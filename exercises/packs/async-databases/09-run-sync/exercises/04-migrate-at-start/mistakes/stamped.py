import asyncio
from contextlib import asynccontextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

ENV = """
import asyncio
from alembic import context
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

def migrate(connection):
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()

async def connect_and_migrate():
    engine = create_async_engine(context.config.attributes["url"], poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(migrate)
    await engine.dispose()

asyncio.run(connect_and_migrate())
"""
VERSIONS = {
    "1": """
import sqlalchemy as sa
from alembic import op
revision, down_revision = "1", None

def upgrade():
    op.create_table("city", sa.Column("name", sa.String, primary_key=True))
    op.execute("INSERT INTO city SELECT 'city ' || i FROM generate_series(1, 9) AS i")
""",
    "2": """
import sqlalchemy as sa
from alembic import op
revision, down_revision = "2", "1"

def upgrade():
    op.add_column("city", sa.Column("people", sa.Integer, server_default="0"))
    op.execute("UPDATE city SET people = 100 * substr(name, 6)::integer")
""",
}
folder = Path("migrations")
(folder / "versions").mkdir(parents=True)
(folder / "env.py").write_text(ENV)
for number, source in VERSIONS.items():
    (folder / "versions" / f"{number}.py").write_text(source)
config = Config("alembic.ini")
config.set_main_option("script_location", str(folder))
config.attributes["url"] = DATABASE_URL


@asynccontextmanager
async def lifespan(_):
    await asyncio.to_thread(command.stamp, config, "head")
    yield
    await engine.dispose()


engine = create_async_engine(DATABASE_URL)
app = FastAPI(lifespan=lifespan)


@app.get("/cities/{number}")
async def read_city(number: int) -> dict[str, int]:
    query = text("SELECT people FROM city WHERE name = :name")
    async with engine.connect() as connection:
        return {"people": await connection.scalar(query, {"name": f"city {number}"})}
