import asyncio
from concurrent.futures import ThreadPoolExecutor


async def main() -> None:
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor() as pool:
        await loop.run_in_executor(pool, print, "in time")
    await loop.run_in_executor(pool, print, "too late")  # here


asyncio.run(main())
