import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

engine = create_async_engine(DATABASE_URL, pool_size=2, max_overflow=0, pool_timeout=3)
new_session = async_sessionmaker(engine, expire_on_commit=False)
at_work: set[AsyncSession] = set()  # what the operators look at


class TimeLimit:
    """Cancels a request after a second. Leave it as it is."""

    def __init__(self, app) -> None:
        self.app = app

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        try:
            async with asyncio.timeout(1):
                await self.app(scope, receive, send)
        except TimeoutError:
            await send({"type": "http.response.start", "status": 503, "headers": []})
            await send({"type": "http.response.body", "body": b"too slow"})


@asynccontextmanager
async def lifespan(_):
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE visit (place INTEGER, kind TEXT)"))
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)
app.add_middleware(TimeLimit)


async def get_session() -> AsyncIterator[AsyncSession]:
    async with new_session.begin() as session:
        at_work.add(session)
        try:
            yield session
        finally:
            at_work.discard(session)


Session = Annotated[AsyncSession, Depends(get_session, scope="function")]


async def write(session: AsyncSession, place: int, kind: str) -> None:
    row = {"place": place, "kind": kind}
    await session.execute(text("INSERT INTO visit VALUES (:place, :kind)"), row)


@app.post("/quick/{place}")
async def quick(place: int, session: Session) -> int:
    await write(session, place, "quick")
    return place


@app.post("/refused/{place}")
async def refused(place: int, session: Session) -> int:
    await write(session, place, "refused")
    raise HTTPException(409)


@app.post("/slow-query/{place}")
async def slow_query(place: int, session: Session) -> int:
    await write(session, place, "slow query")
    await session.execute(text("SELECT pg_sleep(6)"))
    return place


@app.post("/slow-service/{place}")
async def slow_service(place: int, session: Session) -> int:
    await write(session, place, "slow service")
    await asyncio.sleep(6)
    return place


@app.get("/at-work")
async def count() -> int:
    return len(at_work)
