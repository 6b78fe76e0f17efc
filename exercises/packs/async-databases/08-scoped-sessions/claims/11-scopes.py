import asyncio

from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.ext.asyncio import async_scoped_session, async_sessionmaker, create_async_engine
from sqlalchemy.orm import scoped_session, sessionmaker

engine = create_async_engine(DATABASE_URL)
new_session = async_sessionmaker(engine)
try:
    async_scoped_session(new_session)
except TypeError as error:
    print("without a scope: TypeError,", str(error).rpartition(" ")[2])

for_tasks = async_scoped_session(new_session, scopefunc=asyncio.current_task)
for_rooms = async_scoped_session(new_session, scopefunc=lambda: "one for all")
print("scoped_session:", type(scoped_session(sessionmaker()).registry).__name__)
print("async_scoped_session:", type(for_tasks.registry).__name__)


async def look(registry: async_scoped_session) -> object:
    return registry()


async def main() -> None:
    for name, registry in {"current_task": for_tasks, "a constant": for_rooms}.items():
        tasks = [asyncio.create_task(look(registry)) for _ in range(3)]
        found = {id(await task) for task in tasks}
        print(f"three tasks by {name}: {len(found)} sessions")
    for_tasks(expire_on_commit=False)
    print("the same once more:", for_tasks() is for_tasks())
    try:
        for_tasks(expire_on_commit=False)
    except InvalidRequestError as error:
        print("with arguments again: InvalidRequestError,", error)


asyncio.run(main())
