"""Which drivers a cell can name, and the engine each speaks to."""

from __future__ import annotations

from typing import Literal

from sandbox.protocol import Database, Driver

CellDriver = Literal["aiosqlite", "asyncpg", "psycopg"]


def database_of(driver: Driver) -> Database:
    """The engine a driver speaks to; no driver means no database."""
    if not driver:
        return "none"
    return "sqlite" if driver == "aiosqlite" else "postgres"
