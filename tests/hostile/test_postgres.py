"""The scratch Postgres attacked: nobody else's rows, nothing of the server, a disk of one's own.

The control of a refusal is ``cluster``: there the same statement succeeds as the admin role.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from sandbox.client import SandboxClient
from sandbox.host.postgres.cluster import PLACE_BYTES, Cluster, path_of
from tests.hostile.clusters import own_cluster
from tests.running import Ran, new_id, run

SEED = "CREATE TABLE pet (name text);\nINSERT INTO pet VALUES ('Rex');\n"


def program(*statements: str, connect: str = "asyncpg.connect(DSN)") -> str:
    """A cell that prints what each statement returns, or the class of its error."""
    return (
        "import asyncpg\n"
        f"connection = await {connect}\n"
        f"for statement in {list(statements)!r}:\n"
        "    try: print([tuple(row) for row in await connection.fetch(statement)])\n"
        "    except asyncpg.PostgresError as error: print(type(error).__name__, error.args[0])\n"
    )


def endless(statement: str) -> str:
    """A cell that repeats a statement until it fails, and says so once it began."""
    return (
        "import asyncpg\n"
        "connection = await asyncpg.connect(DSN)\n"
        "await connection.execute('CREATE TABLE IF NOT EXISTS big (a bigint, text text)')\n"
        "print('began')\n"
        f"while True: await connection.execute({statement!r})\n"
    )


async def ask(client: SandboxClient, code: str, session: str = "", **fields: object) -> Ran:
    return await run(client, code, database="postgres", session=session, seed=SEED, **fields)


@pytest.fixture
async def cluster() -> AsyncIterator[Cluster]:
    """A server of our own, where we are the admin."""
    async with own_cluster() as cluster:
        yield cluster


REFUSED = {
    "a program's output": "COPY (SELECT 1) TO PROGRAM 'cat'",
    "a program's input": "COPY pet FROM PROGRAM 'echo ESCAPED'",
    "writing a file": "COPY pet TO '/tmp/planted'",
    "reading a file by copy": "COPY pet FROM '/etc/passwd'",
    "reading a file": "SELECT pg_read_file('/etc/passwd')",
    "reading bytes": "SELECT pg_read_binary_file('PG_VERSION')",
    "listing a folder": "SELECT pg_ls_dir('.')",
    "listing the log": "SELECT pg_ls_waldir()",
    "a file's dates": "SELECT pg_stat_file('PG_VERSION')",
    "importing a file": "SELECT lo_import('/etc/passwd')",
    "a large object": "SELECT lo_create(0)",
    "a large object of bytes": "SELECT lo_from_bytea(0, 'x')",
    "an extension": "CREATE EXTENSION vector",
    "a function in C": "CREATE FUNCTION f() RETURNS int LANGUAGE c AS 'libc', 'getpid'",
    "a language": "CREATE LANGUAGE plpython3u",
    "being superuser": "ALTER ROLE CURRENT_USER SUPERUSER",
    "more connections": "ALTER ROLE CURRENT_USER CONNECTION LIMIT -1",
    "making roles": "CREATE ROLE another",
    "taking a role": "GRANT admin TO CURRENT_USER",
    "reading every file by a role": "GRANT pg_read_server_files TO CURRENT_USER",
    "becoming admin": "SET ROLE admin",
    "an admin session": "SET SESSION AUTHORIZATION admin",
    "making databases": "CREATE DATABASE another",
    "another place": "CREATE TABLE elsewhere (a int) TABLESPACE pg_default",
    "a place of one's own": "CREATE TABLESPACE own LOCATION '/tmp'",
    "the server's settings": "ALTER SYSTEM SET work_mem = '1GB'",
    "a reload": "SELECT pg_reload_conf()",
    "a checkpoint": "CHECKPOINT",
    "temporary files without limit": "SET temp_file_limit = -1",
    "the log's settings": "SET log_min_messages = 'debug5'",
    "passwords": "SELECT rolpassword FROM pg_authid",
    "settings of others": "SELECT pg_read_file('postgresql.conf')",
    "changing a catalog": "DELETE FROM pg_database",
    "a replication slot": "SELECT pg_create_physical_replication_slot('x')",
    "a backup": "SELECT pg_backup_start('x')",
    "a foreign server": "CREATE FOREIGN DATA WRAPPER w",
    "an event trigger": "CREATE EVENT TRIGGER e ON ddl_command_start EXECUTE FUNCTION f()",
    "terminating the admin": (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'admin'"
    ),
    "cancelling the admin": (
        "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE usename = 'admin'"
    ),
}
REFUSALS = (
    "InsufficientPrivilegeError",
    "UndefinedFileError",  # a language the server does not have
    "UndefinedObjectError",
    "FeatureNotSupportedError",
    "UndefinedFunctionError",
    "NoActiveSQLTransactionError",
)


async def test_statements_that_reach_beyond_the_own_database_are_refused(
    sandbox_client: SandboxClient,
) -> None:
    ran = await ask(sandbox_client, program(*REFUSED.values()))
    said = dict(zip(REFUSED, ran.stdout.splitlines(), strict=True))
    allowed = {name: text for name, text in said.items() if not text.startswith(REFUSALS)}
    assert allowed == {}
    assert "ESCAPED" not in ran.stdout


async def test_the_same_statements_succeed_as_admin(cluster: Cluster) -> None:
    """The control: what refuses is the learner's role, not the server."""
    connection = await cluster.connect()
    await connection.execute(SEED)
    open_to_admin = [
        "a program's output", "a program's input", "reading a file by copy", "reading a file",
        "reading bytes", "listing a folder", "listing the log", "a file's dates",
        "importing a file", "a large object", "a large object of bytes", "an extension",
        "more connections", "making roles", "making databases", "another place",
        "the server's settings", "a reload", "a checkpoint", "temporary files without limit",
        "passwords", "settings of others", "a foreign server",
    ]  # fmt: skip
    for name in open_to_admin:
        await connection.fetch(REFUSED[name])
    await connection.close()


@pytest.mark.parametrize(
    "login",
    [
        "database='postgres'",
        "database='template1'",
        "database='scratch_template'",
        "database={theirs!r}",
        "user='admin'",
        "user='admin', database='postgres', password=''",
        "user={theirs!r}, database={theirs!r}",
        "user={theirs!r}, database={theirs!r}, password=''",
        "password='wrong'",
        "user='postgres', database='postgres'",
        "user='replication', database='replication'",
    ],
)
async def test_no_login_to_another_database_or_as_another_role(
    sandbox_client: SandboxClient, login: str
) -> None:
    theirs = new_id("session")
    named = await ask(sandbox_client, program("SELECT current_database()"), theirs)
    name = named.stdout.strip("[]()',\n")
    connect = f"asyncpg.connect(DSN, {login.format(theirs=name)})"
    ran = await ask(sandbox_client, program("SELECT 1", connect=connect))
    assert "[(1,)]" not in ran.stdout
    assert ran.finished.outcome == "raised"


async def test_the_own_login_works(sandbox_client: SandboxClient) -> None:
    """The control of the logins that are refused."""
    ran = await ask(sandbox_client, program("SELECT 1", connect="asyncpg.connect(DSN)"))
    assert ran.stdout == "[(1,)]\n"


async def test_what_another_session_does_cannot_be_read_or_ended(
    sandbox_client: SandboxClient,
) -> None:
    victim = asyncio.create_task(
        ask(
            sandbox_client,
            "import asyncpg\nc = await asyncpg.connect(DSN)\nprint('began')\n"
            "print(await c.fetchval(\"SELECT 'secret' || pg_sleep(1.5)::text\"))",
            new_id("session"),
        )
    )
    await asyncio.sleep(0.7)
    others = "FROM pg_stat_activity WHERE usename <> current_user"
    attack = await ask(
        sandbox_client,
        program(
            f"SELECT count(*) > 0 {others}",
            f"SELECT count(*) {others} AND query LIKE '%secret%'",
            "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%secret%' "
            "AND usename = current_user AND state = 'active'",  # the control: one's own is seen
            f"SELECT pg_terminate_backend(pid) {others}",
            f"SELECT pg_cancel_backend(pid) {others}",
        ),
    )
    seen, theirs, own, *ended = attack.stdout.splitlines()
    assert (seen, theirs, own) == ("[(True,)]", "[(0,)]", "[(1,)]")
    assert all(line.startswith("InsufficientPrivilegeError") for line in ended)
    assert (await victim).stdout == "began\nsecret\n"


async def test_what_a_learner_set_for_its_role_is_undone(sandbox_client: SandboxClient) -> None:
    session = new_id("session")
    shown = "SELECT current_setting('statement_timeout'), current_setting('work_mem')"
    changed = await ask(
        sandbox_client,
        program(
            "ALTER ROLE CURRENT_USER SET statement_timeout = 0",
            "DO $$ BEGIN EXECUTE format('ALTER ROLE CURRENT_USER IN DATABASE %I "
            "SET work_mem = ''77MB''', current_database()); END $$",
            "ALTER ROLE CURRENT_USER PASSWORD 'known'",
        )
        + "again = await asyncpg.connect(DSN, password='known')\n"
        + f"print(tuple(await again.fetchrow({shown!r})))\n",
        session,
    )
    assert changed.stdout.splitlines()[-1] == "('0', '77MB')"
    ran = await ask(sandbox_client, program(shown), session)
    assert ran.stdout == "[('30s', '4MB')]\n"
    login = program("SELECT 1", connect="asyncpg.connect(DSN, password='known')")
    assert (await ask(sandbox_client, login, session)).finished.outcome == "raised"


async def test_a_connection_flood_ends_at_the_limit_and_others_get_in(
    sandbox_client: SandboxClient,
) -> None:
    flood = (
        "import asyncpg, asyncio\nheld = []\n"
        "try:\n    while True: held.append(await asyncpg.connect(DSN))\n"
        "except asyncpg.TooManyConnectionsError: print(len(held), flush=True)\n"
        "await asyncio.sleep(1)\n"
    )
    flooding = asyncio.create_task(ask(sandbox_client, flood))
    await asyncio.sleep(0.5)
    other = await ask(sandbox_client, program("SELECT 1"))
    assert other.stdout == "[(1,)]\n"
    assert (await flooding).stdout == "20\n"


@pytest.mark.parametrize(
    "bomb",
    [
        "SELECT length(string_agg(repeat(g::text, 1000), '')) FROM generate_series(1, 200000) g",
        "SELECT array_length(array_agg(g), 1) FROM generate_series(1, 50000000) g",
        "SELECT length(repeat('x', 900000000))",
    ],
    ids=["text", "array", "repeat"],
)
async def test_a_memory_bomb_is_an_error_of_its_statement_alone(
    sandbox_client: SandboxClient, bomb: str
) -> None:
    session = new_id("session")
    small = bomb.replace("200000)", "2000)").replace("50000000", "5000").replace("900000000", "9")
    ran = await ask(sandbox_client, program("SET work_mem = '2GB'", bomb, small), session)
    _, bombed, control = ran.stdout.splitlines()
    assert bombed.startswith("OutOfMemoryError")
    assert control.startswith("[(")
    after = await ask(sandbox_client, program("SELECT name FROM pet"), session)
    assert (after.started.scratch, after.stdout) == ("kept", "[('Rex',)]\n")


async def test_temporary_files_end_at_their_limit(sandbox_client: SandboxClient) -> None:
    bomb = "SELECT count(*) FROM (SELECT g FROM generate_series(1, {}) g ORDER BY -g) s"
    ran = await ask(sandbox_client, program(bomb.format(10_000), bomb.format(5_000_000)))
    small, large = ran.stdout.splitlines()
    assert small == "[(10000,)]"
    assert large.startswith("ConfigurationLimitExceededError temporary file size exceeds")
    unhandled = (
        f"import asyncpg\nc = await asyncpg.connect(DSN)\nawait c.fetch({bomb.format(10**7)!r})"
    )
    ended = (await ask(sandbox_client, unhandled)).finished
    assert (ended.outcome, ended.fault) == ("disk_limit", "your limit")


async def write_and_count(client: SandboxClient, seconds: float = 2.0) -> Ran:
    """A learner who goes on writing for a while, and says how many rows it has then."""
    return await ask(
        client,
        "import asyncpg, time\nc = await asyncpg.connect(DSN)\nend = time.monotonic() + "
        f"{seconds}\nwrote = 0\nwhile time.monotonic() < end:\n"
        "    await c.execute('CREATE TABLE t (a text)')\n"
        "    await c.execute(\"INSERT INTO t SELECT repeat('x', 500) "
        'FROM generate_series(1, 500)")\n'
        "    await c.execute('DROP TABLE t')\n    wrote += 1\n"
        "print(await c.fetchval('SELECT count(*) FROM pet'), wrote > 3)\n",
    )


async def test_a_full_disk_is_its_sessions_alone(sandbox_client: SandboxClient) -> None:
    session = new_id("session")
    fill = endless("INSERT INTO big SELECT g, repeat('x', 1000) FROM generate_series(1, 1000) g")
    filling, other = await asyncio.gather(
        ask(sandbox_client, fill, session), write_and_count(sandbox_client)
    )
    assert filling.finished.outcome == "disk_limit"
    assert f"{PLACE_BYTES // 2**20} MiB" in filling.finished.message
    assert (other.finished.outcome, other.stdout) == ("completed", "1 True\n")
    still = await ask(
        sandbox_client, program("SELECT name FROM pet", "SELECT count(*) > 1000 FROM big"), session
    )
    # Rows are still there to read, unless Postgres wants to write its cache of the catalogs anew
    # for the connection: on a disk with no byte left it cannot, and the session must be reset.
    if still.finished.outcome == "disk_limit":
        assert "Reset gives an empty one" in still.finished.message
        assert "init file" in still.stderr
    else:
        assert still.stdout == "[('Rex',)]\n[(True,)]\n"
    await sandbox_client.reset(session)
    reset = await ask(sandbox_client, program("SELECT to_regclass('big') IS NULL"), session)
    assert reset.stdout == "[(True,)]\n"


HOLES = (
    "CREATE TABLE h (a int)",
    "INSERT INTO h SELECT generate_series(1, 160000)",
    "DELETE FROM h WHERE a % 220 <> 0",
    "VACUUM h",
    "CREATE INDEX ON h USING hash (a)",
    "INSERT INTO h SELECT generate_series(1, 33000)",
    "CREATE TABLE big (text text)",
)
FILL = "INSERT INTO big SELECT repeat('x', 1000) FROM generate_series(1, 10)"


async def do_all(connection: asyncpg.Connection, statements: list[str]) -> None:
    for statement in statements:
        await connection.execute(statement)


async def test_an_index_cannot_leave_holes_for_a_full_disk(
    sandbox_client: SandboxClient, cluster: Cluster
) -> None:
    """A hole that is written when the disk is full hinders everybody's checkpoint."""
    ran = await ask(sandbox_client, program(*HOLES[:5]))
    assert ran.stdout.splitlines()[-1] == (
        'UndefinedObjectError access method "hash" does not exist'
    )
    admin = await cluster.connect()
    await admin.execute(f"CREATE TABLESPACE control LOCATION '{path_of(0)}'")
    await admin.execute("CREATE DATABASE holes TABLESPACE control STRATEGY file_copy")
    holes = await cluster.connect("holes")
    for statement in HOLES:
        await holes.execute(statement)
    await admin.execute("CHECKPOINT")
    more = [
        f"INSERT INTO h SELECT generate_series({first}, {first + 499})"
        for first in range(33_000, 93_000, 500)
    ]
    for statements in ([FILL] * 4000, more):
        with pytest.raises(asyncpg.DiskFullError):
            await do_all(holes, statements)
    with pytest.raises(asyncpg.PostgresError, match="checkpoint request failed"):
        await admin.execute("CHECKPOINT")
    await holes.close()
    await admin.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE pet SET name = md5(random()::text) || repeat('x', 400)",
        "DO $$ BEGIN INSERT INTO big SELECT g, repeat('x', 1000) FROM generate_series(1, 8000) g; "
        "DELETE FROM big; RAISE EXCEPTION 'rolled back'; EXCEPTION WHEN OTHERS THEN NULL; END $$; "
        "TRUNCATE big",
    ],
    ids=["updates", "rolled back"],
)
async def test_a_flood_of_the_write_ahead_log_takes_nobody_down(
    sandbox_client: SandboxClient, statement: str
) -> None:
    flood = endless(statement)
    *flooding, other = await asyncio.gather(
        *[ask(sandbox_client, flood, wall_seconds=4.0) for _ in range(2)],
        write_and_count(sandbox_client, 3.0),
    )
    assert {ran.finished.outcome for ran in flooding} <= {"timed_out", "disk_limit"}
    assert (other.finished.outcome, other.stdout) == ("completed", "1 True\n")


async def test_the_queue_of_notifications_is_small(sandbox_client: SandboxClient) -> None:
    hoard = (
        "import asyncpg\nlistener = await asyncpg.connect(DSN)\n"
        "await listener.execute('LISTEN x')\nawait listener.execute('BEGIN')\n"
        "await listener.execute('SELECT 1')\nc = await asyncpg.connect(DSN)\n"
        "for number in range(10_000):\n"
        "    await c.execute(f\"NOTIFY x, '{number}{'x' * 7000}'\")\n"
    )
    ran = await ask(sandbox_client, hoard)
    assert ran.finished.error is not None
    assert "too many notifications" in ran.finished.error.message
    after = "import asyncpg\nc = await asyncpg.connect(DSN)\nprint(await c.execute('NOTIFY x'))"
    assert (await ask(sandbox_client, after)).stdout == "NOTIFY\n"


async def test_shared_catalogs_are_bounded_and_tidied(sandbox_client: SandboxClient) -> None:
    """Settings of a role lie where there is no quota."""
    session = new_id("session")
    hoard = (
        "import asyncpg, os\nc = await asyncpg.connect(DSN)\n"
        "try:\n    for number in range(40):\n"
        "        text = os.urandom(1_000_000).hex()\n"
        "        await c.execute(f\"ALTER ROLE CURRENT_USER SET own.x = '{text}'\")\n"
        "except asyncpg.PostgresError as error: print(error)\n"
    )
    size = "SELECT pg_total_relation_size('pg_db_role_setting') {} 16000000"
    await ask(sandbox_client, hoard, session)
    ran = await ask(sandbox_client, program(size.format("<")), session)
    assert ran.stdout == "[(True,)]\n"


async def test_advisory_locks_are_counted_and_leave_room_for_others(
    sandbox_client: SandboxClient, cluster: Cluster
) -> None:
    """The table of locks is one for all: the control fills it, and every write fails."""
    hoard = "SELECT count(pg_advisory_{}lock(g)) FROM generate_series(1, 1000000) g"
    hoarding = asyncio.create_task(
        ask(
            sandbox_client,
            program(
                "SELECT pg_advisory_lock(1, 2)",
                "SELECT pg_try_advisory_xact_lock_shared(3)",
                hoard.format(""),
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'",
                "SELECT uncounted_pg_advisory_lock(1)",
                "SELECT pg_advisory_unlock(1, 2)",
                "SELECT pg_sleep(1)",
            ),
        )
    )
    other = await write_and_count(sandbox_client, 1.0)
    first, tried, flood, held, around, unlocked, _ = (await hoarding).stdout.splitlines()
    assert (first, tried) in {("[('',)]", "[(True,)]"), ("[(None,)]", "[(True,)]")}
    assert flood.startswith("ConfigurationLimitExceededError a connection may hold 200")
    assert (held, unlocked) == ("[(200,)]", "[(True,)]")
    assert around.startswith("InsufficientPrivilegeError")
    assert other.stdout == "1 True\n"

    attacker, victim = await cluster.connect(), await cluster.connect()
    with pytest.raises(asyncpg.OutOfMemoryError, match="shared memory"):
        await attacker.execute(hoard.format(""))
    with pytest.raises(asyncpg.OutOfMemoryError, match="shared memory"):
        await victim.execute("CREATE TABLE t (a int)")
    await attacker.close()
    await victim.close()
