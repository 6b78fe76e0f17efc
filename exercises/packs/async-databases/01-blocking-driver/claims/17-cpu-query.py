import asyncio
import sqlite3
import time

import aiosqlite

COUNT = """
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400000)
    SELECT count(*) FROM n
"""


async def main() -> None:
    plain = sqlite3.connect(DSN)
    async with aiosqlite.connect(DSN) as connection:
        taken: dict[str, list[float]] = {"sqlite3": [], "aiosqlite": []}
        for _ in range(3):
            started = time.perf_counter()
            plain.execute(COUNT).fetchone()
            taken["sqlite3"].append(time.perf_counter() - started)
            started = time.perf_counter()
            await (await connection.execute(COUNT)).fetchone()
            taken["aiosqlite"].append(time.perf_counter() - started)
    plain.close()
    for name, times in taken.items():
        print(f"{name}: {min(times) * 1000:.0f} ms")
    print("aiosqlite is twice as fast:", min(taken["aiosqlite"]) < min(taken["sqlite3"]) / 2)


asyncio.run(main())
