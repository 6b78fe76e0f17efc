import asyncio
import os

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(DATABASE_URL)  # before the fork; it has connected to nothing


async def ask(number: int) -> int:
    wrong = 0
    for n in range(50):
        async with engine.connect() as connection:
            answer = await connection.scalar(text(f"SELECT {n} * 10 + {number}"))
            wrong += answer != n * 10 + number
    await engine.dispose()
    return wrong


if (child := os.fork()) == 0:
    print("wrong answers in the child:", asyncio.run(ask(1)), flush=True)
    os._exit(0)
wrong = asyncio.run(ask(2))
os.waitpid(child, 0)
print("wrong answers in the parent:", wrong)
