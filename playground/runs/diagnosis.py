"""What ``doctor`` finds out by trying: the isolation of sessions, engines, our own database."""

from __future__ import annotations

import secrets
from typing import Any, Final

from django.db import DatabaseError, connection

from sandbox.client import SandboxClient
from sandbox.protocol import Database, Finished, Output, RunRequest

ENGINES: Final[dict[Database, str]] = {
    "sqlite": "import sqlite3\nsqlite3.connect(DSN).execute('SELECT 1')",
    "postgres": "import asyncpg\nawait (await asyncpg.connect(DSN)).fetchval('SELECT 1')",
}
_LEAVE_FILE: Final = "open('left-behind', 'w').close()\nprint('left')"
_LOOK_FOR_FILE: Final = (
    "import os\n"
    "found = [folder for top in ('/', '/sessions', '/scratch', '/tmp', '.')\n"
    "         for folder, _, names in os.walk(top) if 'left-behind' in names]\n"
    "print('found' if found else 'none')"
)
_TELL_DATABASE: Final = (
    "import asyncpg\n"
    "print(await (await asyncpg.connect(DSN)).fetchval('SELECT current_database()'))"
)
_ENTER_DATABASE: Final = (
    "import asyncpg\n"
    "await (await asyncpg.connect(DSN)).close()\n"
    "try:\n"
    "    await asyncpg.connect(DSN, database=OTHER)\n"
    "except asyncpg.PostgresError:\n"
    "    print('none')\n"
)


async def try_engines(client: SandboxClient) -> dict[str, bool]:
    """Which databases a cell can use."""
    return {
        name: (await _run(client, code, database=name))[1].outcome == "completed"
        for name, code in ENGINES.items()
    }


async def try_neighbours(client: SandboxClient) -> dict[str, bool]:
    """Whether one learner session is kept from the files and the database of another."""
    ours, theirs = secrets.token_hex(8), secrets.token_hex(8)
    left, _ = await _run(client, _LEAVE_FILE, session=theirs)
    seen, _ = await _run(client, _LOOK_FOR_FILE, session=ours)
    name, _ = await _run(client, _TELL_DATABASE, session=theirs, database="postgres")
    enter = f"OTHER = {name.strip()!r}\n{_ENTER_DATABASE}"
    entered, _ = await _run(client, enter, session=ours, database="postgres")
    for session in (ours, theirs):
        await client.reset(session)
    return {
        "no file of a neighbour": (left, seen) == ("left\n", "none\n"),
        "no database of a neighbour": bool(name.strip()) and entered == "none\n",
    }


def name_site_database() -> str:
    """Where the site keeps its own data; never its password."""
    if connection.vendor == "sqlite":
        return f"not set: SQLite in {connection.settings_dict['NAME']}"
    kept = connection.settings_dict
    where = f"{kept['HOST']}:{kept['PORT']}".strip(":") or "this machine"
    return f"{connection.display_name}, database {kept['NAME']!r} at {where}"


def try_site_database() -> list[str]:
    """Why the site could not keep anything, if so; a SQLite file is made when it is needed."""
    if connection.vendor == "sqlite":
        return []
    tried = connection.copy()
    tried.settings_dict["OPTIONS"].pop("pool", None)  # which would try again and again
    try:
        with tried.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return [f"the site's own database does not answer: {str(error).strip()}"]
    finally:
        tried.close()
    return []


async def _run(client: SandboxClient, code: str, **fields: Any) -> tuple[str, Finished]:
    said, last = "", None
    async for events in client.stream(RunRequest(run_id=secrets.token_hex(8), code=code, **fields)):
        said += "".join(event.text for event in events if isinstance(event, Output))
        last = events[-1]
    assert isinstance(last, Finished)
    return said, last
