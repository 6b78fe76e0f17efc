import asyncio
import time

import aiosqlite


def connect(timeout: float = 0.2):
    return aiosqlite.connect("wal.db", timeout=timeout, isolation_level=None)


async def read_during_a_write(mode: str) -> str:
    async with connect() as writer, connect() as reader:
        await writer.execute_fetchall(f"PRAGMA journal_mode = {mode}")
        await writer.execute("BEGIN EXCLUSIVE")
        await writer.execute("UPDATE counter SET n = n + 1")
        try:
            [[number]] = await reader.execute_fetchall("SELECT n FROM counter")
            outcome = f"read {number}"
        except aiosqlite.OperationalError as error:
            outcome = str(error)
        await writer.execute("ROLLBACK")
    return outcome


async def read_then_write(both_have_read: asyncio.Barrier) -> str:
    async with connect(timeout=20) as connection:
        try:
            await connection.execute("BEGIN")
            [[number]] = await connection.execute_fetchall("SELECT n FROM counter")
            await both_have_read.wait()
            started = time.perf_counter()
            await connection.execute("UPDATE counter SET n = ?", [number + 1])
            await connection.execute("COMMIT")
        except aiosqlite.OperationalError as error:
            return f"{error}, {'at once' if time.perf_counter() - started < 5 else 'in the end'}"
    return "committed"


async def main() -> None:
    async with connect() as connection:
        await connection.executescript(
            "DROP TABLE IF EXISTS counter; CREATE TABLE counter (n); INSERT INTO counter VALUES (0)"
        )
    for mode in ("DELETE", "WAL"):
        print(f"{mode}, a reader during an exclusive write:", await read_during_a_write(mode))
        barrier = asyncio.Barrier(2)
        both = await asyncio.gather(read_then_write(barrier), read_then_write(barrier))
        print(f"{mode}, two that read and then write:", sorted(both))


asyncio.run(main())
