"""What machines ask of the site: figures, and whether its parts answer."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import Client
from pytest_django import Settings

from playground import measures
from playground.measures import PageClock, WorkerClock, note_supervisor
from playground.operating import views
from playground.runs import reporting
from sandbox.protocol import Finished, Output, Started, Status

TOKEN = "a-token-of-sixteen-or-more"


def read(name: str, **labels: str) -> float:
    return measures.REGISTRY.get_sample_value(name, labels) or 0.0


@pytest.mark.parametrize(
    ("address", "header", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("10.0.0.7", {}, 404),
        ("", {}, 404),  # over a Unix socket nobody is known
        ("127.0.0.1", {"X-Forwarded-For": "10.0.0.7"}, 404),
        ("127.0.0.1", {"X-Real-IP": "10.0.0.7"}, 404),
    ],
)
def test_this_machine_alone_reads_figures(
    client: Client, address: str, header: dict[str, str], status: int
) -> None:
    assert client.get("/metrics", headers=header, REMOTE_ADDR=address).status_code == status


@pytest.mark.parametrize(
    ("shown", "status"),
    [(f"Bearer {TOKEN}", 200), (f"Bearer {TOKEN}x", 404), ("Bearer ", 404), ("", 404)],
)
def test_with_a_token_nobody_else_does(
    client: Client, settings: Settings, shown: str, status: int
) -> None:
    settings.METRICS_TOKEN = TOKEN
    for address in ("10.0.0.7", "127.0.0.1"):
        answer = client.get("/metrics", headers={"Authorization": shown}, REMOTE_ADDR=address)
        assert answer.status_code == status


def test_figures_are_in_prometheus_s_form_and_name_their_process(client: Client) -> None:
    WorkerClock().see([Finished(at_us=1, outcome="timed_out", fault="your limit", message="")])
    answer = client.get("/metrics")
    assert answer["Content-Type"].startswith("text/plain; version=")
    lines = answer.content.decode().splitlines()
    assert "# TYPE playground_kills_total counter" in lines
    [line] = [each for each in lines if each.startswith('playground_kills_total{limit="timed_out"')]
    assert 'process="site-' in line


def test_a_page_counts_its_run_once_and_from_its_asking() -> None:
    before = read("playground_runs_total", outcome="raised")
    first, lag = (
        read(f"playground_{name}_seconds_count") for name in ("first_output", "stream_lag")
    )
    clock = PageClock()
    clock.see([Started()])
    clock.see([Output(at_us=10, stream="stdout", text="a")])
    clock.see([Output(at_us=20, stream="stdout", text="b")])
    clock.see([Finished(at_us=30, outcome="raised", fault="your code", message="")])
    assert read("playground_runs_total", outcome="raised") == before + 1
    assert read("playground_first_output_seconds_count") == first + 1
    assert read("playground_stream_lag_seconds_count") == lag + 3


def test_a_batch_that_comes_late_is_seen_on_no_clock_but_ours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The supervisor's begins anywhere."""
    now = iter([0.0, 1.0, 1.5, 1.6])
    monkeypatch.setattr("playground.measures.time.monotonic", lambda: next(now))
    before = read("playground_stream_lag_seconds_sum")
    clock = PageClock()
    for at_us in (5_000_000, 5_100_000, 5_600_000):  # the second is 0.4 s later than the others
        clock.see([Output(at_us=at_us, stream="stdout", text="x")])
    assert read("playground_stream_lag_seconds_sum") - before == pytest.approx(0.4)


def test_what_the_supervisor_has_is_shown() -> None:
    status = Status("full", [], [], 3, 2, {}, parked=4, sessions=7, slots_lent=5, slots_ready=6)
    note_supervisor(status)
    states = [read("playground_children", state=name) for name in ("running", "queued", "parked")]
    assert states == [3, 2, 4]
    states = [
        read("playground_scratch_slots", state=name) for name in ("lent", "ready", "sessions")
    ]
    assert states == [5, 6, 7]


async def test_figures_of_every_process_are_read_in_one_place(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REDIS_URL = "redis://nowhere"
    other = [
        reporting.Family(
            "playground_kills",
            "Runs that were ended by a limit",
            "counter",
            [("playground_kills_total", {"limit": "timed_out", "process": "worker-b-1"}, 41.0)],
        )
    ]

    async def read_others() -> Any:
        return [("worker-b-1", other), (reporting.name_process("web"), other)]

    monkeypatch.setattr(reporting, "_read_others", read_others)
    told = (await reporting.expose()).decode()
    assert told.count("# TYPE playground_kills_total counter") == 1
    assert told.count('playground_kills_total{limit="timed_out",process="worker-b-1"} 41.0') == 1


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What each part does when it is asked: nothing, or raise."""
    does: dict[str, Any] = dict.fromkeys(views.PARTS)

    def make(name: str) -> Any:
        async def ask() -> None:
            if does[name]:
                raise does[name]

        return ask

    for name in views.PARTS:
        monkeypatch.setitem(views.PARTS, name, make(name))
    monkeypatch.setitem(views._last, "at", float("-inf"))
    return does


def test_a_site_whose_parts_answer_is_ready(client: Client, parts: dict[str, Any]) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", **dict.fromkeys(parts, "ok")}
    parts["worker"] = TimeoutError()
    assert client.get("/readyz").status_code == 200  # asked a moment ago


@pytest.mark.parametrize("name", sorted(views.PARTS))
def test_a_part_that_does_not_answer_is_named_without_a_word_of_why(
    client: Client, parts: dict[str, Any], name: str, caplog: pytest.LogCaptureFixture
) -> None:
    parts[name] = OSError("at 10.0.0.7")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()[name] == "does not answer"
    assert "10.0.0.7" not in answer.content.decode()
    assert f"the {name} does not answer" in caplog.text
    assert client.get("/healthz").status_code == 200


@pytest.mark.django_db
def test_the_parts_that_are_here_answer() -> None:
    """The worker is asked in `test_figures.py`."""
    for name in ("database", "channel layer"):
        async_to_sync(_ask)(name)


async def _ask(name: str) -> None:
    await views.PARTS[name]()
