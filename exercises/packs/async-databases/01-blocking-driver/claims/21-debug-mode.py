import asyncio
import logging
import time

logging.basicConfig()


async def report() -> None:
    time.sleep(0.15)  # a synchronous driver would wait here


async def main() -> None:
    await asyncio.create_task(report())


asyncio.run(main(), debug=True)
