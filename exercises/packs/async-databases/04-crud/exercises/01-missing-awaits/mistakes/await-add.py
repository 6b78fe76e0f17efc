from contextlib import asynccontextmanager

from fastapi import FastAPI, HTTPException
from sqlalchemy import update
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Member(Base):
    __tablename__ = "member"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


@asynccontextmanager
async def lifespan(_):
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield
    await engine.dispose()


engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine, expire_on_commit=False)
app = FastAPI(lifespan=lifespan)


@app.put("/members/{number}")
async def join(number: int, name: str) -> dict[str, int]:
    async with new_session() as session:
        await session.add(Member(id=number, name=name))
        await session.commit()
    return {"joined": number}


@app.get("/members/{number}")
async def read(number: int) -> dict[str, str]:
    async with new_session() as session:
        member = await session.get(Member, number)
        if not member:
            raise HTTPException(404)
        return {"name": member.name}


@app.patch("/members/{number}")
async def rename(number: int, name: str) -> dict[str, int]:
    async with new_session.begin() as session:
        await session.execute(update(Member).where(Member.id == number).values(name=name))
    return {"renamed": number}


@app.delete("/members/{number}")
async def leave(number: int) -> dict[str, int]:
    async with new_session.begin() as session:
        member = await session.get(Member, number)
        if not member:
            raise HTTPException(404)
        await session.delete(member)
    return {"left": number}
