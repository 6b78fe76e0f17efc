import asyncio

import asyncpg

connection = asyncio.run(asyncpg.connect(DSN))
connection.terminate()  # here
