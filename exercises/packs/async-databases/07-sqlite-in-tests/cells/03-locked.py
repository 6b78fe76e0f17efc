import asyncio

import aiosqlite


async def add_one(begin: str, arrived: asyncio.Barrier | None) -> str:
    """Read a number, think, write it back: what many handlers do."""
    async with aiosqlite.connect(DSN, timeout=1, isolation_level=None) as connection:
        try:
            await connection.execute(begin)
            [[number]] = await connection.execute_fetchall("SELECT n FROM counter")
            if arrived:
                await arrived.wait()  # both have read before either writes
            await connection.execute("UPDATE counter SET n = ?", [number + 1])
            await connection.execute("COMMIT")
        except aiosqlite.OperationalError as error:
            return str(error)
    return "committed"


async def main() -> None:
    async with aiosqlite.connect(DSN) as connection:
        await connection.executescript(
            "DROP TABLE IF EXISTS counter; CREATE TABLE counter (n); INSERT INTO counter VALUES (0)"
        )
    for begin, arrived in (("BEGIN", asyncio.Barrier(2)), ("BEGIN IMMEDIATE", None)):
        outcomes = await asyncio.gather(add_one(begin, arrived), add_one(begin, arrived))
        print(f"{begin}: {sorted(outcomes)}")


asyncio.run(main())
