import asyncio

import asyncpg


async def ask(connection: asyncpg.Connection, number: int) -> str:
    try:
        row = await connection.fetchrow("SELECT $1::int AS number, pg_sleep(0.05)", number)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return f"answer {row['number']}"


async def main() -> None:
    connection = await asyncpg.connect(DSN)
    try:  # one connection, and three tasks that ask it at the same time
        answers = await asyncio.gather(*(ask(connection, number) for number in range(3)))
        print(*answers, sep="\n")

        # A parameter of the wrong type is refused before it is sent.
        print(await ask(connection, "1"))
    finally:
        await connection.close()


asyncio.run(main())
