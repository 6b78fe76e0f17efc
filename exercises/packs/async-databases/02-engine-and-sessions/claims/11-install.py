from importlib.metadata import requires, version

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

public = [AsyncSession, async_sessionmaker, create_async_engine]
public += [DeclarativeBase, Mapped, mapped_column]
print("SQLAlchemy", version("sqlalchemy"), "gives", len(public), "names from two modules")

needs = requires("sqlalchemy") or []
print("greenlet without an extra:", [n for n in needs if "greenlet" in n and "extra" not in n])
print("greenlet with [asyncio]:", any("greenlet" in n and 'extra == "asyncio"' in n for n in needs))
