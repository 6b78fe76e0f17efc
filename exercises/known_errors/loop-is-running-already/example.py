import asyncio


async def ask() -> int:
    return 1


async def main() -> None:
    asyncio.run(ask())  # here


asyncio.run(main())
