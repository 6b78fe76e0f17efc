import asyncio

import asyncpg


async def main() -> None:
    await asyncpg.connect("postgresql://ada:secret@127.0.0.1/notes")  # here


asyncio.run(main())
