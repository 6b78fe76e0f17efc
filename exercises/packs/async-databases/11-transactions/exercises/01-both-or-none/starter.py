from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.exc import IntegrityError, NoResultFound
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    pass


class Product(Base):
    __tablename__ = "product"
    id: Mapped[int] = mapped_column(primary_key=True)


class Customer(Base):
    __tablename__ = "customer"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    pieces: Mapped[int] = mapped_column(CheckConstraint("pieces > 0"))


@asynccontextmanager
async def lifespan(_):
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with new_session.begin() as session:
        session.add_all([Product(id=7), Product(id=8)])
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


@app.exception_handler(NoResultFound)
async def not_found(*_) -> JSONResponse:
    return JSONResponse("no such product", 404)


@app.exception_handler(IntegrityError)
async def refused(*_) -> JSONResponse:
    return JSONResponse("the database refuses this", 409)


@app.post("/customers/{name}")
async def sign_up(name: str, product: int, pieces: int) -> str:
    """A new customer comes with a first order, or not at all."""
    async with new_session() as session:
        customer = Customer(name=name)
        session.add(customer)
        await session.commit()
        found = await session.get_one(Product, product)
        session.add(Order(customer_id=customer.id, product_id=found.id, pieces=pieces))
        await session.commit()
    return "welcome"
