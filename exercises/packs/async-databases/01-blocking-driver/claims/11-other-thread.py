import sqlite3
import threading
import time

import psycopg


def connect():
    if DSN.startswith("postgresql:"):
        return psycopg.connect(DSN)
    connection = sqlite3.connect(DSN)
    connection.create_function("pg_sleep", 1, time.sleep)
    return connection


ticks: list[float] = []
answered = threading.Event()


def tick() -> None:
    while not answered.is_set():
        time.sleep(0.001)
        ticks.append(time.perf_counter())


connection = connect()
other = threading.Thread(target=tick)
other.start()
started = time.perf_counter()
connection.execute("SELECT pg_sleep(0.3)")  # this thread stands still
held = time.perf_counter() - started
answered.set()
other.join()
connection.close()
print(f"this thread was held for {held:.1f} s")
print(f"the other thread went on: {len(ticks) > 30}")
