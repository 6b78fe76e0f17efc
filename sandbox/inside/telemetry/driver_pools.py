"""The pools of asyncpg and psycopg_pool: who waits for a connection, takes it, gives it back."""

from __future__ import annotations

import functools
import time
from typing import Any

from asyncpg.pool import Pool, PoolConnectionHolder
from psycopg_pool import AsyncConnectionPool, ConnectionPool, PoolTimeout

from sandbox.inside.telemetry import statements
from sandbox.inside.telemetry.connections import Place


def install() -> None:
    """Once, in the zygote."""
    _observe_asyncpg()
    _observe_psycopg()
    _observe_psycopg_async()


def _observe_asyncpg() -> None:
    acquire, release, freed = Pool._acquire, Pool.release, PoolConnectionHolder._release
    places: dict[int, Place] = {}  # the giving back itself runs in a task of its own

    @functools.wraps(acquire)
    async def _acquire(self: Any, timeout: float | None) -> Any:
        probe = statements.active
        if probe is None:
            return await acquire(self, timeout)
        must_wait = self._queue is not None and self._queue.empty()
        place, began = probe.here(), time.perf_counter()
        try:
            proxy = await acquire(self, timeout)
        except TimeoutError:
            if must_wait:
                waited = time.perf_counter() - began
                probe.pools.wait_timeout(self._holders[0], self._maxsize, place, waited)
            raise
        waited = time.perf_counter() - began if must_wait else 0.0
        known = probe.connections.of(proxy._con)
        probe.pools.checkout(proxy._holder, self._holders[0], self._maxsize, known, place, waited)
        return proxy

    @functools.wraps(release)
    async def _release(self: Any, connection: Any, **named: Any) -> None:
        probe = statements.active
        key = id(getattr(connection, "_holder", None))
        if probe is not None:
            places[key] = probe.here()
        try:
            await release(self, connection, **named)
        finally:
            places.pop(key, None)

    @functools.wraps(freed)
    def _freed(self: Any) -> None:
        probe = statements.active
        if probe is not None and self._in_use is not None:
            probe.pools.checkin(self, places.get(id(self)) or probe.here())
        freed(self)

    Pool._acquire, Pool.release = _acquire, _release
    PoolConnectionHolder._release = _freed


def _observe_psycopg() -> None:
    getconn, putconn = ConnectionPool.getconn, ConnectionPool.putconn

    @functools.wraps(getconn)
    def _getconn(self: Any, timeout: float | None = None) -> Any:
        probe = statements.active
        if probe is None:
            return getconn(self, timeout)
        place, began = probe.here(), _begin_waiting(self)
        try:
            connection = getconn(self, timeout)
        except PoolTimeout:
            _note_timeout(probe, self, place, began)
            raise
        _note_checkout(probe, self, connection, place, began)
        return connection

    @functools.wraps(putconn)
    def _putconn(self: Any, connection: Any) -> None:
        if statements.active is not None:
            statements.active.pools.checkin(connection, statements.active.here())
        putconn(self, connection)

    ConnectionPool.getconn = _getconn  # type: ignore[method-assign]
    ConnectionPool.putconn = _putconn  # type: ignore[method-assign, assignment]


def _observe_psycopg_async() -> None:
    getconn, putconn = AsyncConnectionPool.getconn, AsyncConnectionPool.putconn

    @functools.wraps(getconn)
    async def _getconn(self: Any, timeout: float | None = None) -> Any:
        probe = statements.active
        if probe is None:
            return await getconn(self, timeout)
        place, began = probe.here(), _begin_waiting(self)
        try:
            connection = await getconn(self, timeout)
        except PoolTimeout:
            _note_timeout(probe, self, place, began)
            raise
        _note_checkout(probe, self, connection, place, began)
        return connection

    @functools.wraps(putconn)
    async def _putconn(self: Any, connection: Any) -> None:
        if statements.active is not None:
            statements.active.pools.checkin(connection, statements.active.here())
        await putconn(self, connection)

    AsyncConnectionPool.getconn = _getconn  # type: ignore[method-assign]
    AsyncConnectionPool.putconn = _putconn  # type: ignore[method-assign, assignment]


def _begin_waiting(pool: Any) -> float:
    """Now, when all connections the pool may have are out; 0 when one can be had."""
    return time.perf_counter() if not pool._pool and pool._nconns >= pool.max_size else 0.0


def _waited(began: float) -> float:
    return time.perf_counter() - began if began else 0.0


def _note_timeout(probe: statements.StatementProbe, pool: Any, place: Place, began: float) -> None:
    probe.pools.wait_timeout(pool, pool.max_size, place, _waited(began))


def _note_checkout(
    probe: statements.StatementProbe, pool: Any, connection: Any, place: Place, began: float
) -> None:
    known = probe.connections.of(connection)
    known.transaction = None
    probe.pools.checkout(connection, pool, pool.max_size, known, place, _waited(began))
