from sqlalchemy.ext.asyncio import async_scoped_session, async_sessionmaker, create_async_engine

engine = create_async_engine(DATABASE_URL)
Session = async_scoped_session(async_sessionmaker(engine))  # here
