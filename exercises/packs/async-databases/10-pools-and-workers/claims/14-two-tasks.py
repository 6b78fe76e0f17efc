import asyncio


async def connect():
    if "asyncpg" in DATABASE_URL:
        import asyncpg

        connection = await asyncpg.connect(DSN)
        return connection, connection.fetchval
    if "psycopg" in DATABASE_URL:
        import psycopg

        connection = await psycopg.AsyncConnection.connect(DSN)
    else:
        import aiosqlite

        connection = await aiosqlite.connect(DSN)

    async def ask(query: str):
        return (await (await connection.execute(query)).fetchone())[0]

    return connection, ask


async def main() -> None:
    connection, ask = await connect()
    answers = await asyncio.gather(ask("SELECT 1"), ask("SELECT 2"), return_exceptions=True)
    for answer in answers:
        if isinstance(answer, Exception):
            print(f"{type(answer).__name__}: {answer}")
    print("answered:", [answer for answer in answers if isinstance(answer, int)])
    await connection.close()


asyncio.run(main())
