"""A site that others can reach asks for the whole jail, before anything starts."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import Settings

from playground.runs import checks
from playground.runs.exposure import must_be_full
from tests.unit.test_advice import SOUND, on

REACHABLE = ["localhost", "play.example.org"]


@pytest.fixture
def exposed(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of a site that others can reach, on a machine without bubblewrap."""
    settings.ALLOWED_HOSTS = REACHABLE
    settings.REDIS_URL = ""
    monkeypatch.setattr(checks, "examine", lambda **_: on(has_bubblewrap=False))
    return settings


def ask() -> list[tuple[Any, Any]]:
    return [(message.id, message.hint) for message in checks.check_exposure()]


def test_a_machine_that_cannot_reach_full_is_an_error_with_what_to_do(
    exposed: Settings,
) -> None:
    assert ask() == [("runs.E001", "sudo apt-get install -y bubblewrap.")]


def test_a_sound_machine_passes(exposed: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "examine", lambda **_: SOUND)
    assert ask() == []


def test_a_site_of_this_machine_alone_passes(exposed: Settings) -> None:
    exposed.ALLOWED_HOSTS = exposed.LOCAL_HOSTS
    assert ask() == []
    assert not must_be_full()


def test_a_web_process_whose_cells_run_elsewhere_passes(exposed: Settings) -> None:
    exposed.REDIS_URL = "redis://elsewhere"
    assert ask() == []
    assert must_be_full()


def test_saying_that_it_is_unsafe_turns_the_error_into_a_warning(exposed: Settings) -> None:
    exposed.UNSAFE_ALLOW_LEVEL_BELOW_FULL = True
    assert [found for found, _ in ask()] == ["runs.W001"]
    assert not must_be_full()


def test_every_host_is_more_than_this_machine(exposed: Settings) -> None:
    exposed.ALLOWED_HOSTS = ["*"]
    assert must_be_full()
