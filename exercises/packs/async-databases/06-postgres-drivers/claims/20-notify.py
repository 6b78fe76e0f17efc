import asyncio

import psycopg


async def main() -> None:
    async with (
        await psycopg.AsyncConnection.connect(DSN, autocommit=True) as listener,
        await psycopg.AsyncConnection.connect(DSN) as sender,
    ):
        await listener.execute("LISTEN orders")
        await sender.execute("NOTIFY orders, 'never sent'")
        await sender.rollback()
        await sender.execute("NOTIFY orders, 'number 7'")
        early = [n async for n in listener.notifies(timeout=0.2)]
        print("before the commit:", len(early))
        await sender.commit()
        async for notice in listener.notifies(timeout=5, stop_after=1):
            print("after the commit:", notice.payload)


asyncio.run(main())
