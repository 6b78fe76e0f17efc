import asyncio
import time
from collections import Counter

import httpx
from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, event, text
from sqlalchemy.orm import Session

sqlite = DATABASE_URL.startswith("sqlite")
engine = create_engine(
    f"sqlite:///{DSN}" if sqlite else DATABASE_URL, pool_size=5, max_overflow=0, pool_timeout=8
)
app = FastAPI()


@event.listens_for(engine, "connect")
def add_slow_query(connection, _record) -> None:
    if sqlite:
        connection.create_function("pg_sleep", 1, time.sleep)


def get_db():
    with Session(engine) as db:
        yield db


@app.get("/slow")
def slow(db: Session = Depends(get_db)) -> None:  # noqa: B008 - as FastAPI's manual has it
    db.execute(text("SELECT pg_sleep(0.02)"))


async def main() -> None:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
        answers = await asyncio.gather(*(client.get("/slow") for _ in range(100)))
    print(dict(Counter(answer.status_code for answer in answers)))


asyncio.run(main())
