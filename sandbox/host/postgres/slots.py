"""Makes and destroys slots: a role, its database, and the place that is the database's own disk."""

from __future__ import annotations

import logging
import secrets
import time
from typing import Final

import asyncpg

from sandbox.host.postgres.cluster import Cluster, path_of
from sandbox.host.postgres.template import KEEPER, TEMPLATE, TEMPLATE_SQL

CONNECTION_LIMIT: Final = 20

_log = logging.getLogger(__name__)

# What a learner's role starts every run with; it may change the first two for itself.
_ROLE_SETTINGS: Final = (
    "SET statement_timeout = '30s'",
    "SET client_connection_check_interval = '500ms'",
    "SET temp_file_limit = '16MB'",
    # What the server logs of the role, for the witness; no role may change these for itself.
    "SET log_min_duration_statement = 0",
    "SET log_min_messages = error",
    "SET log_min_error_statement = error",
    "SET log_error_verbosity = terse",
    "SET log_parameter_max_length = 0",
)
# Catalogs that all databases share, where a learner leaves dead rows without a quota.
_SHARED_CATALOGS: Final = ("pg_authid", "pg_db_role_setting", "pg_shdepend")
_SHARED_BYTES: Final = 4 * 1024 * 1024
# The first figure is asked for as asking gives free what nobody listens to any more: a queue of
# notifications that is full takes no other, and so never comes to do it by itself.
_SHARED_STATE: Final = "SELECT pg_notification_queue_usage(), {}".format(
    " + ".join(f"pg_total_relation_size('{name}')" for name in _SHARED_CATALOGS)
)

# An InternalClientError is what asyncpg raises when it is asked while a dying server hangs up.
DATABASE_ERRORS: Final = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
)


class Slot:
    """A role and the database of the same opaque name, on a disk of its own."""

    def __init__(self, name: str, place: int) -> None:
        self.name = name
        self.place = place
        self.password = ""
        self.seed_digest: str | None = None
        self.used_at = time.monotonic()
        self.in_use = False
        self.is_new = True
        self.seeding_pid = 0  # of the backend that applied the seed
        self.empty_bytes = 0  # what it took before anything was in it

    def urls(self, driver: str, host: str = "/pg") -> dict[str, str]:
        """``DATABASE_URL`` for SQLAlchemy with that driver, and ``DSN`` for a bare one."""
        place = f"{self.name}:{self.password}@/{self.name}?host={host}"
        return {"DATABASE_URL": f"postgresql+{driver}://{place}", "DSN": f"postgresql://{place}"}


class Slots:
    """The slots of one cluster. Not for two callers at once: there is one admin connection."""

    def __init__(self, cluster: Cluster, admin: asyncpg.Connection) -> None:
        self._cluster = cluster
        self._admin = admin
        self._free = list(range(cluster.places))
        self._doomed: list[Slot] = []

    @property
    def is_usable(self) -> bool:
        """Whether the server lives and listens to us."""
        return self._cluster.is_alive and not self._admin.is_closed()

    async def answer(self) -> bool:
        """Whether the server answers now."""
        try:
            return bool(await self._admin.fetchval("SELECT true"))
        except DATABASE_ERRORS:
            return False

    def close(self) -> None:
        """Give the connection up."""
        self._admin.terminate()

    async def prepare(self) -> None:
        """Once: a tablespace for each place, and the template."""
        for place in range(self._cluster.places):
            await self._do(f"CREATE TABLESPACE place{place} LOCATION '{path_of(place)}'")
        await self._do(f"CREATE ROLE {KEEPER}")
        await self._do(f"CREATE DATABASE {TEMPLATE} IS_TEMPLATE true")
        connection = await self._cluster.connect(TEMPLATE)
        await connection.execute(TEMPLATE_SQL)
        await connection.close()
        for database in ("postgres", "template1", TEMPLATE):
            await self._do(f"REVOKE ALL ON DATABASE {database} FROM PUBLIC")

    async def make(self) -> Slot | None:
        """A slot that nobody used; None while every place is taken."""
        await self._bury()
        if not self._free:
            return None
        slot = Slot(f"s{secrets.token_hex(8)}", self._free.pop())
        try:
            await self._create(slot)
        except BaseException:
            self._doomed.append(slot)
            raise
        return slot

    async def _create(self, slot: Slot) -> None:
        name = slot.name
        await self._do(f"CREATE ROLE {name} LOGIN NOINHERIT CONNECTION LIMIT {CONNECTION_LIMIT}")
        # A copy of files and not of pages: the latter begins as holes, see the template.
        await self._do(
            f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} "
            f"TABLESPACE place{slot.place} STRATEGY file_copy"
        )
        await self._do(f"REVOKE ALL ON DATABASE {name} FROM PUBLIC")
        await self._do(f"GRANT CONNECT, TEMPORARY, CREATE ON DATABASE {name} TO {name}")
        connection = await self._cluster.connect(name)
        await connection.execute(f"GRANT ALL ON SCHEMA public TO {name}")
        await connection.close()
        slot.empty_bytes = await self._measure(slot)

    async def grown_bytes(self, slot: Slot) -> int:
        """What it takes beside an empty one, rows that are not committed included."""
        return await self._measure(slot) - slot.empty_bytes

    async def _measure(self, slot: Slot) -> int:
        taken: int = await self._admin.fetchval("SELECT pg_database_size($1::name)", slot.name)
        return taken

    async def arm(self, slot: Slot) -> None:
        """A new password and the settings a learner may have changed, in one round trip."""
        slot.password = secrets.token_hex(16)
        settings = "".join(f"ALTER ROLE {slot.name} {setting};" for setting in _ROLE_SETTINGS)
        await self._do(
            f"ALTER ROLE {slot.name} RESET ALL;"
            f"ALTER ROLE {slot.name} IN DATABASE {slot.name} RESET ALL;"
            f"{settings}ALTER ROLE {slot.name} PASSWORD '{slot.password}'"
        )

    async def end_backends(self, slot: Slot) -> bool:
        """Tell every backend of the slot to end; whether there was none any more."""
        told = await self._admin.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1", slot.name
        )
        return not told

    async def tidy(self) -> None:
        """After a run: what it left behind where there is no quota."""
        _, shared_bytes = await self._admin.fetchrow(_SHARED_STATE)
        if shared_bytes > _SHARED_BYTES:
            await self._do(f"VACUUM {', '.join(_SHARED_CATALOGS)}")

    async def destroy(self, slot: Slot) -> None:
        """Drop the slot; until that has worked it is tried again, and its place is not free."""
        self._doomed.append(slot)
        await self._bury()

    async def _bury(self) -> None:
        for slot in list(self._doomed):
            try:
                await self._do(f"DROP DATABASE IF EXISTS {slot.name} WITH (FORCE)")
                await self._do(f"DROP ROLE IF EXISTS {slot.name}")
            except asyncpg.PostgresError as error:
                _log.error("a scratch database cannot be dropped yet: %s", error)
            else:
                self._doomed.remove(slot)
                self._free.append(slot.place)

    async def _do(self, sql: str) -> None:
        await self._admin.execute(sql)
