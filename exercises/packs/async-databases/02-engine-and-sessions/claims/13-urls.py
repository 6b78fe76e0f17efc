from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine


def attempt(url: str) -> str:
    try:
        engine = create_async_engine(url)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return f"made, {engine.dialect.driver}, {engine.pool.checkedin()} connections"


print("asyncpg, nobody there ->", attempt("postgresql+asyncpg://127.0.0.1:1/none"))
print("postgres:// ->", attempt("postgres://127.0.0.1:1/none"))
print("postgresql:// ->", attempt("postgresql://127.0.0.1:1/none"))
print("sqlite:// ->", attempt("sqlite:///file.db"))
try:
    create_engine("postgresql+asyncpg://127.0.0.1:1/none").connect().execute(text("SELECT 1"))
except Exception as error:
    print("asyncpg in create_engine ->", type(error).__name__)
