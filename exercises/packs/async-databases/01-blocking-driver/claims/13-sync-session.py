import asyncio
import threading

import httpx
from fastapi import Depends, FastAPI
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

sqlite = DATABASE_URL.startswith("sqlite")
engine = create_engine(f"sqlite:///{DSN}" if sqlite else DATABASE_URL)
app = FastAPI()


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "user_account"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


def where() -> str:
    return "the loop's" if threading.current_thread() is threading.main_thread() else "a worker"


def get_db():
    print("the dependency opens on", where(), "thread")
    with Session(engine) as db:
        yield db


@app.get("/users")
async def users(db: Session = Depends(get_db)):  # noqa: B008 - as FastAPI's manual has it
    print("the handler asks on", where(), "thread")
    return db.query(User).all()


async def main() -> None:
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    with Session(engine) as db, db.begin():
        db.add(User(id=1, name="Ada"))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
        answer = await client.get("/users")
        print(answer.status_code, sorted(answer.json()[0].items()))


asyncio.run(main())
