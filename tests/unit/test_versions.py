"""Releases on which a claim holds, and a claim that holds where it should not."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from exercises.loader import BUILT_IN, load_pack
from exercises.versions import are_met, find_fault
from playground.runs.checking import check, list_subjects
from sandbox.protocol import RunRecord, RunRequest

HERE = {"sqlalchemy": "2.1.9", "fastapi": "0.165.0"}
PACK = load_pack(Path(BUILT_IN) / "async-databases")


@pytest.mark.parametrize(
    ("requirements", "met"),
    [
        ([], True),
        (["sqlalchemy>=2.1"], True),
        (["sqlalchemy<2.1"], False),
        (["fastapi>=0.110,<0.118"], False),
        (["sqlalchemy>=2.1", "fastapi>=1"], False),
        (["asyncpg>=99"], True),  # which is not there to say no
    ],
)
def test_requirements_are_met(requirements: list[str], met: bool) -> None:
    assert are_met(requirements, HERE) is met


@pytest.mark.parametrize(
    ("requirement", "fault"),
    [
        ("sqlalchemy>=2.1", ""),
        ("sqlalchemy", "names no releases"),
        ("sqlalchemy is new", "is no requirement"),
        ("django>=5", "is about none of"),
    ],
)
def test_faults_of_a_requirement_are_told(requirement: str, fault: str) -> None:
    assert fault in find_fault(requirement)
    assert bool(find_fault(requirement)) == bool(fault)


class Recorded:
    """In place of the sandbox: every run prints this."""

    def __init__(self, stdout: str) -> None:
        self.stdout = stdout

    async def record(self, request: RunRequest) -> RunRecord:
        return RunRecord("completed", "nobody", "", stdout=self.stdout)

    async def reset(self, session: str) -> None:
        pass


@pytest.mark.parametrize(
    ("only_on", "held", "problem"),
    [
        ((), True, ""),
        ((), False, "prints failed"),
        (("sqlalchemy>=2.1",), True, ""),
        (("sqlalchemy<2.1",), True, "it holds here as well, not only on sqlalchemy<2.1"),
        (("sqlalchemy<2.1",), False, ""),
    ],
)
async def test_a_claim_must_not_hold_where_it_is_said_not_to(
    only_on: tuple[str, ...], held: bool, problem: str
) -> None:
    card = PACK.cards[0]
    claim = next(one for one in card.claims if one.id == "its-own-thread")
    claim = msgspec.structs.replace(claim, only_on=only_on)
    pack = msgspec.structs.replace(
        PACK, cards=(msgspec.structs.replace(card, claims=(claim,), exercises=(), questions=()),)
    )
    client = Recorded("this thread was held for 0.3 s" if held else "nothing")
    found = check(client, HERE, list_subjects(Path(BUILT_IN), pack))
    told = [result.problem async for result in found]
    assert told
    for each in told:
        assert problem in each
        assert bool(each) == bool(problem)
