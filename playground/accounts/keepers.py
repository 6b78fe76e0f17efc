"""What the apps above keep of learners: moved at sign-in, told on request, deleted for good."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import NamedTuple


class Keeper(NamedTuple):
    """One kind of things that belong to a learner, by the learner's key.

    ``name`` in a download; ``one`` and ``many`` are how its learner calls them.

    ``adopt(former, learner)`` moves all of a browser's to an account and says how many;
    ``forget(learner)`` deletes them, inside a transaction; ``tell(learner)`` yields each as JSON.
    """

    name: str
    one: str
    many: str
    adopt: Callable[[str, str], int]
    forget: Callable[[str], None]
    tell: Callable[[str], AsyncIterator[bytes]]


_keepers: dict[str, Keeper] = {}


def register(keeper: Keeper) -> None:
    """Called once by each app that keeps something, when it is ready."""
    _keepers[keeper.name] = keeper


def list_keepers() -> list[Keeper]:
    """All of them, by name."""
    return [_keepers[name] for name in sorted(_keepers)]
