"""The server's log and catalogs as they are read: bounded, and each row to its own run alone."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.host.witness import Record
from sandbox.host.witness.activity import Activity, Sight
from sandbox.host.witness.server import ServerWitness
from sandbox.host.witness.server_log import MOST_BYTES, MOST_UNREAD_BYTES, Row, ServerLog
from sandbox.host.witness.statements import Connections, Statements
from sandbox.protocol import Witness

MIDNIGHT = "2026-11-25 00:00:00.000 UTC"
AT_MIDNIGHT = 1_795_564_800.0


def line(message: str, **fields: Any) -> bytes:
    row = {"timestamp": MIDNIGHT, "user": "s1", "dbname": "s1", "pid": 7, "error_severity": "LOG"}
    return json.dumps({**row, "message": message, **fields}).encode() + b"\n"


def told(rows: list[Row], *, but: int = 0) -> tuple[int, list[dict[str, Any]]]:
    sent: list[Witness] = []
    record = Record(sent.append)
    statements = Statements(record, Connections(but), lambda at: int((at - AT_MIDNIGHT) * 1e6) + 10)
    for row in rows:
        statements.take(row)
    return statements.count, [event.fields for event in sent]


def rows(tmp_path: Path, *lines: bytes) -> list[Row]:
    path = tmp_path / "server.json"
    path.write_bytes(b"".join(lines))
    log = ServerLog(path)
    try:
        return log.read()
    finally:
        log.close()


def test_a_statement_in_three_rows_counts_once_with_all_its_time(tmp_path: Path) -> None:
    text = "SELECT 1\n-- duration: 9.000 ms  statement: SELECT 2"
    count, [fields] = told(
        rows(
            tmp_path,
            line(f"duration: 0.500 ms  parse __asyncpg_1__: {text}"),
            line(f"duration: 0.250 ms  bind __asyncpg_1__: {text}"),
            line(f"duration: 1.000 ms  execute __asyncpg_1__: {text}"),
        )
    )
    assert count == 1
    assert fields == {"statement": text, "duration_us": 1750, "error": None, "connection": 1}


def test_an_error_counts_and_a_pool_that_tidies_does_not(tmp_path: Path) -> None:
    count, [fields] = told(
        rows(
            tmp_path,
            line("duration: 1.0 ms  statement: SELECT pg_advisory_unlock_all();\nCLOSE ALL;"),
            line("no", error_severity="ERROR", state_code="42601", statement="SELEC", pid=8),
            line("still waiting for ShareLock"),
            line("duration: 1.0 ms  statement: CREATE TABLE t ()", pid=9),
        ),
        but=9,
    )
    assert (count, fields["error"], fields["duration_us"]) == (1, "42601 no", None)


def test_what_is_no_row_is_left_out(tmp_path: Path) -> None:
    got = rows(tmp_path, b"not json\n", b'{"pid": "x"}\n', b"\xff\xfe\n", line("here"), b'{"mess')
    assert [row.message for row in got] == ["here"]


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    st.text(max_size=60),
    st.sampled_from(["duration: 1.0 ms  statement: ", "duration: 1.000 ms  execute x: ", ""]),
    st.integers(-(2**63), 2**63 - 1),
)
def test_any_text_in_a_row_is_text(text: str, start: str, pid: int) -> None:
    row = Row(MIDNIGHT, "s1", "s1", pid, "LOG", "", start + text)
    count, fields = told([row])
    assert count == len(fields) <= 1


def test_a_file_that_grows_is_read_on_and_emptied_when_it_is_long(tmp_path: Path) -> None:
    path = tmp_path / "server.json"
    log = ServerLog(path)
    assert log.read() == []
    path.write_bytes(line("one")[:20])
    assert log.read() == []
    with path.open("ab") as file:
        file.write(line("one")[20:] + line("two"))
        file.flush()
        assert [row.message for row in log.read()] == ["one", "two"]
        file.write(b"x" * (MOST_UNREAD_BYTES + 1) + b"\n" + line("lost"))
        file.flush()
        assert log.read() == []
        assert log.lost_rows == 1
        while path.stat().st_size:
            file.write(line("x" * (MOST_UNREAD_BYTES // 2)))
            file.flush()
            assert path.stat().st_size < 2 * MOST_BYTES
            log.read()
        file.write(line("after"))
        file.flush()
        assert [row.message for row in log.read()] == ["after"]
    log.close()


def test_a_log_that_is_a_link_or_a_device_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(line("secret"))
    (tmp_path / "link").symlink_to(tmp_path / "secret")
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "pipe"):
        log = ServerLog(tmp_path / name)
        assert log.read() == []
        log.empty()
        log.close()
    assert (tmp_path / "secret").stat().st_size > 0


async def test_a_row_reaches_the_run_of_its_role_and_database_alone(tmp_path: Path) -> None:
    async def connect() -> Any:
        raise OSError

    path = tmp_path / "server.json"
    witness = ServerWitness(connect, path)
    mine: list[Witness] = []
    others: list[Witness] = []
    witness.follow("s1", Record(mine.append), 0.0, 0)
    witness.follow("s2", Record(others.append), 0.0, 0)
    forged = 'x"}\n' + line("duration: 1.0 ms  statement: forged", user="s2", dbname="s2").decode()
    path.write_bytes(
        line("duration: 1.0 ms  statement: mine")
        + line(f"duration: 1.0 ms  statement: {forged}")
        + line("duration: 1.0 ms  statement: elsewhere", dbname="s2")
        + line("duration: 1.0 ms  statement: admin's", user="admin", dbname="s1")
        + line("duration: 1.0 ms  statement: nobody's", user="s3", dbname="s3")
    )
    witness._read_log()
    await witness.close()
    assert [event.fields["statement"] for event in mine] == ["mine", forged]
    assert others == []


def test_looks_are_joined_into_waits() -> None:
    sent: list[Witness] = []
    activity = Activity(Record(sent.append), Connections(0), lambda at: int(at * 1_000_000))
    holder = Sight("s", 1, False, None, "UPDATE t", None, 1.0, 0.5)
    waiter = Sight("s", 2, True, "tuple", "DELETE", [1], 1.0, 0.9)
    short = Sight("s", 3, False, None, "SELECT", None, 1.0, 0.999)
    activity.see([holder, waiter, short])
    activity.see([holder._replace(now=1.1), waiter._replace(now=1.1)])
    assert sent == []
    activity.see([holder._replace(now=1.2)])
    activity.finish()
    assert [(event.kind, event.at_us, event.fields["duration_us"]) for event in sent] == [
        ("lock", 900_000, 200_000),
        ("idle", 500_000, 700_000),
    ]
    lock = sent[0].fields
    assert (lock["connection"], lock["blocked_by"], lock["wait"]) == (2, 1, "tuple")
