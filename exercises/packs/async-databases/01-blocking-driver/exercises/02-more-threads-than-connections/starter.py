import psycopg
from fastapi import FastAPI
from sqlalchemy import create_engine, text

engine = create_engine(
    "postgresql+psycopg://",
    creator=lambda: psycopg.connect(DSN),
    pool_size=5,
    max_overflow=0,
    pool_timeout=4,  # seconds to wait for a connection
)
app = FastAPI()


def ask(seconds: float) -> None:
    with engine.connect() as connection:
        connection.execute(text(f"SELECT pg_sleep({seconds})"))


@app.get("/quick")
def quick() -> None:
    ask(0.01)


@app.get("/slow")
def slow() -> None:
    ask(1.6)
