import asyncio


async def work() -> None:  # here
    await asyncio.sleep(1)


loop = asyncio.new_event_loop()
task = loop.create_task(work())
loop.run_until_complete(asyncio.sleep(0.01))
loop.close()
del task
