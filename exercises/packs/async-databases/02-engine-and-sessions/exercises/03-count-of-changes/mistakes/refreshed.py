import asyncio
from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    pass


class Page(Base):
    __tablename__ = "page"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    # The database counts the changes: two at once must not read the same number.
    changes: Mapped[int] = mapped_column(server_default=text("0"), onupdate=text("changes + 1"))


@asynccontextmanager
async def lifespan(_):
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        pages = [{"id": n, "title": "new", "changes": n * 10} for n in range(1, 6)]
        await connection.execute(insert(Page), pages)
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


async def check_spelling(title: str) -> None:
    """Another service, which takes its time. Leave it as it is."""
    await asyncio.sleep(0.2)


@app.patch("/pages/{number}")
async def rename(number: int, title: str) -> dict[str, int]:
    async with new_session() as session:
        page = await session.get_one(Page, number)
        await check_spelling(title)
        page.title = title
        await session.commit()
        await session.refresh(page)
        return {"page": number, "changes": page.changes}
