"""A claim: a factual sentence of a card, bound to a cell and to what must be observed."""

from __future__ import annotations

import re
from typing import Final, Literal

import msgspec

from exercises.checks import AnyCheck, Check
from exercises.drivers import CellDriver
from exercises.files import digest_of
from sandbox.protocol import Phase, Read

Badge = Literal["", "disputed", "version-dependent", "often wrong"]

MARKER: Final = re.compile(r"\{claim: *([a-z0-9]+(?:-[a-z0-9]+)*) *\}")


class Claim(msgspec.Struct, frozen=True):
    """``cell`` is the slug of the cell that shows it, on each of ``drivers`` (none: without a
    database). ``often_said`` is what is told instead, ``source`` the rows of the table of facts
    that it covers, ``only_on`` the releases it holds on (none: on all), ``line`` where claims.toml
    declares it, ``digest`` of all that decides whether it holds.
    """

    id: str
    sentence: str
    cell: str
    drivers: tuple[CellDriver, ...]
    checks: tuple[AnyCheck, ...]
    phases: tuple[Phase, ...] = ()
    reads: tuple[Read, ...] = ()
    badge: Badge = ""
    often_said: str = ""
    source: tuple[str, ...] = ()
    only_on: tuple[str, ...] = ()
    line: int = 0
    digest: str = ""


def digest_of_claim(
    checks: tuple[Check, ...], phases: tuple[Phase, ...], reads: tuple[Read, ...], *texts: str
) -> str:
    """Of what is run and what must be seen; the words of a claim may be mended freely."""
    wanted = msgspec.json.encode([checks, phases, reads], order="deterministic").decode()
    return digest_of(wanted, *texts)
