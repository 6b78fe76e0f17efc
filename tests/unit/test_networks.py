"""What bounds those who can have a new session at any time: where they come from."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from playground.accounts.networks import network_of
from playground.runs import quotas
from playground.runs.models import Recording
from playground.runs.quotas import LocalTally, OverQuota
from tests.accounts import CARD
from tests.unit.test_recordings import save


def scope(client: str, *forwarded: str) -> dict[str, Any]:
    headers = [(b"x-forwarded-for", each.encode()) for each in forwarded]
    return {"type": "websocket", "client": (client, 1234) if client else None, "headers": headers}


@pytest.mark.parametrize(
    ("proxies", "client", "forwarded", "expected"),
    [
        (0, "203.0.113.9", [], "203.0.113.9"),
        (0, "203.0.113.9", ["198.51.100.1"], "203.0.113.9"),  # a stranger's word
        (1, "10.0.0.2", ["198.51.100.1, 203.0.113.9"], "203.0.113.9"),
        (2, "10.0.0.2", ["198.51.100.1, 203.0.113.9", "10.0.0.1"], "203.0.113.9"),
        (1, "203.0.113.9", [], "203.0.113.9"),
        (1, "10.0.0.2", ["nonsense"], ""),
        (0, "2001:db8:1:2:3:4:5:6", [], "2001:db8:1:2::/64"),
        (0, "127.0.0.1", [], ""),
        (0, "::1", [], ""),
        (0, "", [], ""),
    ],
)
def test_where_a_socket_comes_from(
    settings: Settings, proxies: int, client: str, forwarded: list[str], expected: str
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    assert network_of(scope(client, *forwarded)) == expected


async def test_a_new_session_brings_no_more_runs_but_an_account_does(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.RUNS_PER_HOUR_PER_NETWORK = 2
    monkeypatch.setattr(quotas, "_providers", [])
    tally = LocalTally()

    async def begin(learner: str, network: str = "203.0.113.9") -> None:
        shares = await quotas.list_shares(learner, network)
        await tally.admit(learner, shares)
        assert [share.key for share in shares if share.takes_turns] == [f"learner:{learner}"]
        assert not any(network in share.key for share in shares if network)

    await begin("one")
    await begin("two")
    with pytest.raises(OverQuota, match="not signed in on your network have begun 2 runs"):
        await begin("three")
    await begin("three", "203.0.113.10")
    await begin("four", "")
    await begin("account-five")
    settings.RUNS_PER_HOUR_PER_NETWORK = 0
    await begin("six")


@pytest.mark.django_db
def test_links_are_not_made_without_end(client: Client, settings: Settings) -> None:
    cache.clear()
    settings.ACCOUNT_RATE_LIMITS = {"share": "2/h/ip"}
    client.get(CARD)
    for name in ("one", "two", "three"):
        save(client.session["learner"], run_id=name)
        page = client.post(f"/runs/{name}/share/", {"days": "7"}, follow=True).content.decode()
        assert ("That was too often" in page) is (name == "three")
    assert Recording.objects.filter(share_token__isnull=False).count() == 2
