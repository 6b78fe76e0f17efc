import asyncio

from sqlalchemy import String, delete, func, select, update
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    pass


class Member(Base):
    __tablename__ = "member"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    active: Mapped[bool] = mapped_column(default=True)


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)

    async with new_session.begin() as session:  # create: COMMIT at the end of the block
        session.add_all([Member(name="Ada"), Member(name="Grace"), Member(name="Edsger")])

    async with new_session.begin() as session:
        ada = await session.get_one(Member, 1)  # read by primary key, or NoResultFound
        nobody = await session.get(Member, 99)  # the same, or None
        query = select(Member).where(Member.name == "Grace")
        grace = (await session.execute(query)).scalar_one_or_none()
        print(ada.name, nobody, grace and grace.name)

        ada.active = False  # update what is loaded: written at the next flush
        rename = update(Member).where(Member.id == 99).values(name="Nobody")
        print("renamed:", (await session.execute(rename)).rowcount)
        await session.delete(grace)  # awaited: it may have to load relationships
        await session.execute(delete(Member).where(Member.name == "Edsger"))

    async with new_session() as session:
        print("left:", await session.scalar(select(func.count()).select_from(Member)))
        rows = (await session.execute(select(Member.id, Member.name, Member.active))).all()
    await engine.dispose()
    return rows


asyncio.run(main())
