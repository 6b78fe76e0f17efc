"""Scratch databases on Postgres: kept for their session, closed to everyone else."""

from __future__ import annotations

import pytest

from sandbox.client import SandboxClient
from tests.running import Ran, new_id, run

pytestmark = pytest.mark.integration

SEED = "CREATE TABLE pet (name text);\nINSERT INTO pet VALUES ('Rex');\n"


def program(*statements: str, connect: str = "await asyncpg.connect(DSN)") -> str:
    """A cell that prints what each statement returns, or the class of its error."""
    return (
        "import asyncio, asyncpg\n"
        f"STATEMENTS = {list(statements)!r}\n"
        "async def main():\n"
        f"    connection = {connect}\n"
        "    for statement in STATEMENTS:\n"
        "        try:\n"
        "            print([tuple(row) for row in await connection.fetch(statement)])\n"
        "        except asyncpg.PostgresError as error:\n"
        "            print(type(error).__name__)\n"
        "asyncio.run(main())\n"
    )


async def ask(client: SandboxClient, code: str, session: str = "", **fields: object) -> Ran:
    return await run(client, code, database="postgres", session=session, seed=SEED, **fields)


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
async def test_sqlalchemy_finds_its_url(sandbox_client: SandboxClient, driver: str) -> None:
    code = (
        "import asyncio\nfrom sqlalchemy import text\n"
        "from sqlalchemy.ext.asyncio import create_async_engine\n"
        "async def main():\n"
        "    engine = create_async_engine(DATABASE_URL)\n"
        "    async with engine.connect() as connection:\n"
        "        pets = await connection.execute(text('SELECT name FROM pet'))\n"
        "        print(engine.driver, pets.all())\n"
        "    await engine.dispose()\n"
        "asyncio.run(main())\n"
    )
    ran = await ask(sandbox_client, code, driver=driver)
    assert ran.stdout == f"{driver} [('Rex',)]\n"
    statements = ran.telemetry("sql")
    assert [(s["statement"], s["line"], s["driver"]) for s in statements][-1] == (
        "SELECT name FROM pet",
        7,
        driver,
    )


async def test_kept_fresh_and_reset(sandbox_client: SandboxClient) -> None:
    session = new_id("session")
    names = "SELECT name FROM pet ORDER BY name"
    first = await ask(sandbox_client, program("INSERT INTO pet VALUES ('Tom')"), session)
    kept = await ask(sandbox_client, program(names), session)
    fresh = await ask(sandbox_client, program(names), session, fresh=True)
    await ask(sandbox_client, program("DELETE FROM pet"), session)
    await sandbox_client.reset(session)
    reset = await ask(sandbox_client, program(names), session)
    assert (first.started.scratch, kept.started.scratch) == ("fresh", "kept")
    assert kept.stdout == "[('Rex',), ('Tom',)]\n"
    assert fresh.stdout == reset.stdout == "[('Rex',)]\n"


async def test_another_session_has_its_own(sandbox_client: SandboxClient) -> None:
    mine, theirs = new_id("session"), new_id("session")
    await ask(sandbox_client, program("INSERT INTO pet VALUES ('Secret')"), mine)
    other = await ask(sandbox_client, program("SELECT name FROM pet"), theirs)
    assert other.stdout == "[('Rex',)]\n"


@pytest.mark.parametrize(
    "connect",
    [
        "await asyncpg.connect(DSN, database='postgres')",
        "await asyncpg.connect(DSN, database='template1')",
        "await asyncpg.connect(DSN, database='scratch_template')",
        "await asyncpg.connect(DSN, user='admin')",
        "await asyncpg.connect(DSN, user='admin', database='postgres', password='')",
        "await asyncpg.connect(DSN, password='wrong')",
    ],
)
async def test_no_other_database_or_role(sandbox_client: SandboxClient, connect: str) -> None:
    ran = await ask(sandbox_client, program("SELECT 1", connect=connect))
    assert "[(1,)]" not in ran.stdout
    assert ran.finished.outcome == "raised"
    control = await ask(sandbox_client, program("SELECT 1"))
    assert control.stdout == "[(1,)]\n"


async def test_no_files_programs_or_other_sessions(sandbox_client: SandboxClient) -> None:
    ran = await ask(
        sandbox_client,
        program(
            "COPY pet FROM PROGRAM 'echo x'",
            "COPY pet TO '/tmp/x'",
            "SELECT pg_read_file('/etc/passwd')",
            "CREATE FUNCTION f() RETURNS int LANGUAGE c AS 'x', 'y'",
            "ALTER ROLE CURRENT_USER SUPERUSER",
            "ALTER DATABASE postgres SET work_mem = '1MB'",
            "SET temp_file_limit = -1",
            "SELECT lo_import('/etc/passwd')",
            "CREATE ROLE another",
            "SELECT count(*) FROM pg_stat_activity WHERE usename = 'admin' AND query <> "
            "'<insufficient privilege>'",
        ),
    )
    assert ran.stdout.splitlines() == ["InsufficientPrivilegeError"] * 9 + ["[(0,)]"]


async def test_a_changed_password_or_limit_does_not_last(sandbox_client: SandboxClient) -> None:
    session = new_id("session")
    await ask(
        sandbox_client,
        program(
            "ALTER ROLE CURRENT_USER PASSWORD 'known'",
            "ALTER ROLE CURRENT_USER SET statement_timeout = 0",
        ),
        session,
    )
    ran = await ask(sandbox_client, program("SHOW statement_timeout"), session)
    assert ran.stdout == "[('30s',)]\n"


async def test_connections_end_with_the_run(sandbox_client: SandboxClient) -> None:
    session = new_id("session")
    holding = program("BEGIN", "SELECT pg_advisory_lock(1)", "LOCK TABLE pet")
    await ask(sandbox_client, holding + "import os\nos._exit(0)\n", session)
    after = program(
        "SELECT count(*) FROM pg_stat_activity WHERE usename = current_user",
        "SELECT pg_try_advisory_lock(1)",
        "SELECT name FROM pet",
    )
    ran = await ask(sandbox_client, after, session)
    assert ran.stdout.splitlines() == ["[(1,)]", "[(True,)]", "[('Rex',)]"]


async def test_the_number_of_connections_is_limited(sandbox_client: SandboxClient) -> None:
    code = (
        "import asyncio, asyncpg\n"
        "async def main():\n"
        "    held = []\n"
        "    while True:\n"
        "        held.append(await asyncpg.connect(DSN))\n"
        "        print(len(held))\n"
        "asyncio.run(main())\n"
    )
    ran = await ask(sandbox_client, code)
    assert ran.stdout.splitlines()[-1] == "20"
    assert ran.finished.error is not None
    assert "TooManyConnections" in ran.finished.error.type


async def test_a_memory_bomb_is_an_error_for_its_session_alone(
    sandbox_client: SandboxClient,
) -> None:
    bomb = "SELECT length(repeat('x', 1000000000) || repeat('y', 1000000000))"
    ran = await ask(sandbox_client, program("SET work_mem = '2GB'", bomb, "SELECT 1"))
    assert ran.stdout.splitlines()[1] != "[(2000000000,)]"
    after = await ask(sandbox_client, program("SELECT name FROM pet"))
    assert after.stdout == "[('Rex',)]\n"


async def test_a_seed_may_be_a_comment_alone(sandbox_client: SandboxClient) -> None:
    ran = await run(sandbox_client, program("SELECT 1"), database="postgres", seed="-- nothing")
    assert ran.stdout == "[(1,)]\n"
