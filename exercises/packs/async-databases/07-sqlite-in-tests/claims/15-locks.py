import asyncio
import time

import aiosqlite


async def hold(seconds: float, held: asyncio.Event) -> None:
    async with aiosqlite.connect(DSN, isolation_level=None) as connection:
        await connection.execute("BEGIN IMMEDIATE")
        held.set()
        await asyncio.sleep(seconds)
        await connection.execute("COMMIT")


async def write(timeout: float) -> str:
    async with aiosqlite.connect(DSN, timeout=timeout, isolation_level=None) as connection:
        try:
            await connection.execute("UPDATE counter SET n = n + 1")
        except aiosqlite.OperationalError as error:
            return str(error)
    return "written"


async def meet(held_for: float, timeout: float) -> None:
    held = asyncio.Event()
    holder = asyncio.create_task(hold(held_for, held))
    await held.wait()
    started = time.perf_counter()
    outcome = await write(timeout)
    waited = time.perf_counter() - started
    print(f"held for {held_for} s, timeout {timeout} s: {outcome}")
    print("gave up before it was free:", waited < held_for * 0.6)
    await holder


async def main() -> None:
    async with aiosqlite.connect(DSN) as connection:
        await connection.executescript(
            "DROP TABLE IF EXISTS counter; CREATE TABLE counter (n); INSERT INTO counter VALUES (0)"
        )
    await meet(held_for=0.6, timeout=5)
    await meet(held_for=2, timeout=0.1)


asyncio.run(main())
