import asyncio

import httpx
from fastapi import Depends, FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import async_scoped_session, async_sessionmaker, create_async_engine
from starlette.middleware.base import BaseHTTPMiddleware

engine = create_async_engine(DATABASE_URL)
Session = async_scoped_session(async_sessionmaker(engine), scopefunc=asyncio.current_task)


class RemoveInItsOwnTask(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        try:
            return await call_next(request)
        finally:
            await Session.remove()


class RemoveInTheSameTask:
    """Plain ASGI: it awaits the application, so both are in one task."""

    def __init__(self, app) -> None:
        self.app = app

    async def __call__(self, scope, receive, send) -> None:
        try:
            await self.app(scope, receive, send)
        finally:
            await Session.remove()


async def with_dependency():
    try:
        yield Session()
    finally:
        await Session.remove()


def with_plain_dependency():
    yield Session()


async def read() -> int:
    return await Session.scalar(text("SELECT 7"))


async def ask(name: str, app: FastAPI) -> None:
    app.get("/")(read)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
        try:
            answers = [await client.get("/") for _ in range(3)]
            print(f"{name}: {[each.json() for each in answers]}", end=", ")
        except RuntimeError as error:
            print(f"{name}: RuntimeError, {error}", end=", ")
    print(f"{len(Session.registry.registry)} sessions kept, {engine.pool.checkedout()} out")
    for session in Session.registry.registry.values():
        await session.close()
    Session.registry.registry.clear()


async def main() -> None:
    for middleware in (RemoveInItsOwnTask, RemoveInTheSameTask):
        app = FastAPI()
        app.add_middleware(middleware)
        await ask(middleware.__name__, app)
    await ask("async dependency", FastAPI(dependencies=[Depends(with_dependency)]))
    await ask("plain dependency", FastAPI(dependencies=[Depends(with_plain_dependency)]))
    await engine.dispose()


asyncio.run(main())
