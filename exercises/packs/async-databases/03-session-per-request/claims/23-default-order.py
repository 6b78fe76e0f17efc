import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

import httpx
from fastapi import BackgroundTasks, Depends, FastAPI
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine, expire_on_commit=False)
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


class Watched(FastAPI):
    async def __call__(self, scope, receive, send) -> None:
        async def note_answer(message) -> None:
            if message["type"] == "http.response.start":
                events.append("response")
            await send(message)

        await super().__call__(scope, receive, note_answer)


app = Watched()


async def get_session() -> AsyncIterator[AsyncSession]:
    async with new_session.begin() as session:
        yield session


async def send_mail() -> None:
    events.append("background")


@app.post("/default")
async def default(session: Annotated[AsyncSession, Depends(get_session)], later: BackgroundTasks):
    session.add(Note(text="default"))
    later.add_task(send_mail)


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
        events.clear()
        await client.post("/default")
        print("order:", ", ".join(events))
    await engine.dispose()


asyncio.run(main())
