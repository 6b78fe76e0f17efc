"""Edits as a page sends them."""

from __future__ import annotations

import itertools
from typing import Any

import msgspec
from django.test import Client

from playground.accounts.learners import find_learner
from playground.edits.queries import name_owner

EDITS = "/async-databases/blocking-driver/edits/"
PAGE = "/async-databases/blocking-driver/"
_numbers = itertools.count(1)


def write(
    client: Client, text: str, *, place: str = "trap", status: int = 200, **fields: Any
) -> Any:
    """What the site answers when a page of this browser saves."""
    message = {
        "owner": name_owner(find_learner(client.session.session_key)),
        "text": text,
        "seen": 0,
        "writer": "tab",
        "number": next(_numbers),
        **fields,
    }
    answer = client.post(
        f"{EDITS}{place}/", msgspec.json.encode(message), content_type="application/json"
    )
    assert answer.status_code == status, answer.content
    return answer.json() if answer["Content-Type"] == "application/json" else None


def read(client: Client, place: str = "trap") -> Any:
    """What the site has there."""
    return client.get(EDITS).json()["edits"].get(place)


def list_aside(told: Any) -> list[tuple[str, str]]:
    """Why and what, the newest first."""
    return [(one["why"], one["text"]) for one in told["set_aside"]]
