import asyncio

import psycopg


async def main() -> None:
    connection = await psycopg.AsyncConnection.connect(DSN, autocommit=True)
    first_is_in = asyncio.Event()
    second_is_in = asyncio.Event()

    async def first() -> None:
        async with connection.transaction():  # here
            first_is_in.set()
            await second_is_in.wait()

    async def second() -> None:
        await first_is_in.wait()
        async with connection.transaction():
            second_is_in.set()
            await asyncio.sleep(0.1)

    await asyncio.gather(first(), second())


asyncio.run(main())
