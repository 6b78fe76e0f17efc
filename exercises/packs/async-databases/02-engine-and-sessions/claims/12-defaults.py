from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import QueuePool

engine = create_async_engine(DATABASE_URL)
pool = engine.pool
print(type(pool).__name__, pool.size(), "kept")
print("more under load:", pool._max_overflow, "seconds to wait:", pool._timeout)
print("replaced after:", pool._recycle, "tested before lending:", pool._pre_ping)

factory = async_sessionmaker(engine)
print("echo:", engine.echo, "class:", factory.class_ is AsyncSession)
print("factory expires:", factory().sync_session.expire_on_commit)
print("AsyncSession(engine) expires:", AsyncSession(engine).sync_session.expire_on_commit)

try:
    create_async_engine("sqlite+aiosqlite:///:memory:", pool_size=10)
except TypeError as error:
    print("pool_size in memory:", str(error).partition(",")[0])
print("in memory:", type(create_async_engine("sqlite+aiosqlite:///:memory:").pool).__name__)
try:
    create_async_engine(DATABASE_URL, poolclass=QueuePool)
except Exception as error:
    print("QueuePool:", type(error).__name__)
