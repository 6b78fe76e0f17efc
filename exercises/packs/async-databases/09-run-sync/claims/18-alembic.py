import asyncio
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, inspect, text
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

if (given := context.config.attributes.get("connection")) is None:
    asyncio.run(connect_and_migrate())
else:
    migrate(given)
"""
VERSION = """
import sqlalchemy as sa
from alembic import op
revision, down_revision = "1", None

def upgrade():
    op.create_table("leaf", sa.Column("id", sa.Integer, primary_key=True))

def downgrade():
    op.drop_table("leaf")
"""
folder = Path("migrations")
(folder / "versions").mkdir(parents=True)
(folder / "env.py").write_text(ENV)
(folder / "versions" / "1_leaf.py").write_text(VERSION)
config = Config("alembic.ini")
config.set_main_option("script_location", str(folder))
config.attributes["url"] = DATABASE_URL


def names(connection: Connection) -> list[str]:
    return inspect(connection).get_table_names()


async def tables() -> list[str]:
    engine = create_async_engine(DATABASE_URL)
    async with engine.connect() as connection:
        return await connection.run_sync(names)


def upgrade_on(connection: Connection) -> None:
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


async def main() -> None:
    try:
        command.downgrade(config, "base")
    except RuntimeError as error:
        print("from a running loop: RuntimeError,", error)
    engine = create_async_engine(DATABASE_URL)
    async with engine.begin() as connection:
        await connection.execute(text("DROP TABLE leaf"))
        await connection.execute(text("DROP TABLE alembic_version"))
    async with engine.begin() as connection:
        await connection.run_sync(upgrade_on)
    print("over a connection of ours:", await tables())
    config.attributes["connection"] = None
    await asyncio.to_thread(command.downgrade, config, "base")
    print("downgraded in a thread:", await tables())
    await engine.dispose()


command.upgrade(config, "head")
print("from a plain program:", asyncio.run(tables()))
asyncio.run(main())
