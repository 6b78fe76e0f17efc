import asyncio

import httpx
from fastapi import FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import SingletonThreadPool

engine = create_engine("sqlite://", poolclass=SingletonThreadPool)
app = FastAPI()

with engine.begin() as connection:
    connection.execute(text("CREATE TABLE item (id INTEGER)"))


def count() -> str:
    try:
        with engine.connect() as connection:
            return f"{connection.scalar(text('SELECT count(*) FROM item'))} rows"
    except OperationalError as error:
        return str(error.orig)


@app.get("/on-the-loop")
async def on_the_loop() -> str:
    return count()


@app.get("/in-a-thread")
def in_a_thread() -> str:  # another thread: another connection, another empty database
    return count()


async def main() -> None:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
        for path in ("/on-the-loop", "/in-a-thread"):
            print(path, (await client.get(path)).json())


asyncio.run(main())
