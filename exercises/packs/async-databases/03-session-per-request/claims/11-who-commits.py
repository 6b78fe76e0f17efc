import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

import httpx
from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy import event, func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine, expire_on_commit=False)
app = FastAPI()
events: list[str] = []


@event.listens_for(engine.sync_engine, "commit")
def note_commit(_) -> None:
    events.append("COMMIT")


@event.listens_for(engine.sync_engine, "rollback")
def note_rollback(_) -> None:
    events.append("ROLLBACK")


@event.listens_for(engine.sync_engine, "before_cursor_execute")
def note_statement(_connection, _cursor, statement, *_) -> None:
    events.append(statement.split()[0])


class Base(DeclarativeBase):
    pass


class Note(Base):
    __tablename__ = "note"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]


async def closes() -> AsyncIterator[AsyncSession]:
    async with new_session() as session:
        yield session


async def begins() -> AsyncIterator[AsyncSession]:
    async with new_session.begin() as session:
        yield session


async def by_hand() -> AsyncIterator[AsyncSession]:
    async with new_session() as session:
        try:
            yield session
            await session.commit()
        except Exception:
            await session.rollback()
            raise


def add_routes(path: str, dependency) -> None:
    session_of = Annotated[AsyncSession, Depends(dependency)]

    @app.get(f"{path}/read")
    async def read(session: session_of) -> list[str]:
        return list(await session.scalars(select(Note.text)))

    @app.post(f"{path}/write")
    async def write(session: session_of) -> None:
        session.add(Note(text="remember me"))
        await session.flush()

    @app.post(f"{path}/write-unflushed")
    async def write_unflushed(session: session_of) -> None:
        session.add(Note(text="remember me"))

    @app.post(f"{path}/refuse")
    async def refuse(session: session_of) -> None:
        session.add(Note(text="better not"))
        await session.flush()
        raise HTTPException(409, "no")

    @app.post(f"{path}/fail")
    async def fail(session: session_of) -> None:
        session.add(Note(text="better not"))
        await session.flush()
        raise ValueError


for each in (closes, begins, by_hand):
    add_routes(f"/{each.__name__}", each)


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
        for path, methods in app.openapi()["paths"].items():
            events.clear()
            answer = await client.request(next(iter(methods)), path)
            sent = " ".join(events)
            async with new_session() as session:
                rows = await session.scalar(select(func.count()).select_from(Note))
            left = engine.pool.checkedout()
            print(f"{path}: {answer.status_code}, {sent or 'no SQL'}, rows {rows}, left out {left}")
    await engine.dispose()


asyncio.run(main())
