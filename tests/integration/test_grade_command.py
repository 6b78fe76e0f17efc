"""``grade`` and ``checkpacks`` as an author uses them: exit status, words, JSON."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from exercises.folders import find_pack_folder
from exercises.loader import BUILT_IN
from tests.conftest import ROOT

SKELETON = ROOT / "playground/runs/new_card"
ADDRESS = "a-pack/first/first-try"


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A pack with one new card."""
    (tmp_path / "pack.toml").write_text(
        'title = "P"\nslug = "a-pack"\nsummary = "S"\nversion = "1"\n'
    )
    manage(tmp_path, "newcard", "a-pack", "first", status=0)
    return tmp_path


def manage(pack: Path, *arguments: str, status: int) -> str:
    """What the command says on stdout; it must end with that status."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={"PACK_DIRS": str(pack), "PATH": "/usr/bin:/bin", "VAR_DIR": str(pack / ".var")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == status, f"{done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_right_answer_passes(pack: Path) -> None:
    solution = pack / "01-first/exercises/01-first-try/solution.py"
    said = json.loads(manage(pack, "grade", ADDRESS, str(solution), "--json", status=0))
    assert said["passed"] is True
    assert [verdict["state"] for verdict in said["verdicts"]] == ["passed"] * 3


def test_an_answer_is_judged_many_times_beside_others_that_compute(pack: Path) -> None:
    folder = pack / "01-first/exercises/01-first-try"
    often = ("--times", "3", "--busy", "2", "--json")
    said = lines(manage(pack, "grade", ADDRESS, str(folder / "solution.py"), *often, status=0))
    assert [each.get("passed") for each in said] == [True, True, True, 3]
    assert said[-1].pop("seconds") > 3
    assert said[-1] == {"type": "summary", "passed": 3, "failed": 0, "errored": 0, "mistakes": {}}
    wrong = folder / "mistakes/no-wait.py"
    said = lines(manage(pack, "grade", ADDRESS, str(wrong), "--times", "2", "--json", status=1))
    assert (said[-1]["failed"], said[-1]["mistakes"]) == (2, {"no-wait.py": 2})


def test_a_wrong_answer_fails_in_the_words_of_its_mistake(pack: Path) -> None:
    wrong = pack / "01-first/exercises/01-first-try/mistakes/no-wait.py"
    said = manage(pack, "grade", ADDRESS, str(wrong), status=1)
    assert "The answer came before anything was waited for." in said
    assert "given: 1 request: GET /both" in said
    assert "expected: at least 950 ms for all of it" in said


@pytest.mark.parametrize(
    "arguments",
    [
        ("a-pack/first/no", "/dev/null"),
        (ADDRESS, "/no/such/file"),
        (ADDRESS, "/dev/null", "--driver", "x"),
        (ADDRESS, "/dev/null", "--times", "0"),
    ],
)
def test_what_cannot_be_graded_is_a_usage_error(pack: Path, arguments: tuple[str, ...]) -> None:
    manage(pack, "grade", *arguments, status=2)


def test_a_new_card_is_proven_and_what_held_is_kept(pack: Path) -> None:
    said = lines(manage(pack, "checkpacks", str(pack), "--json", "--write", status=0))
    summary = said[-1]
    assert summary.pop("seconds") > 0
    assert summary == {
        "type": "summary",
        "cards": 1,
        "claims": 1,
        "exercises": 1,
        "solutions": 1,
        "mistakes": 2,
        "questions": 0,
        "failed": 0,
    }
    text = (pack / "checked.toml").read_text()
    assert "first/one-after-another none" in text
    assert "sqlalchemy" in text
    assert "postgres" in text


def test_what_does_not_hold_is_told_with_file_and_line(pack: Path) -> None:
    claims = pack / "01-first/claims.toml"
    claims.write_text(claims.read_text().replace("another: True", "another: False"))
    mistake = pack / "01-first/exercises/01-first-try/mistakes/no-wait.py"
    mistake.write_text((mistake.parents[1] / "solution.py").read_text())
    said = manage(pack, "checkpacks", str(pack / "01-first"), status=1)
    assert f"FAIL {claims}:1: claim a-pack/first/one-after-another (none)" in said
    assert f"{mistake.parents[1]}/exercise.toml:34: mistake" in said
    assert "it must fail, and did not" in said
    assert not (pack / "checked.toml").exists()


def test_a_broken_pack_is_told_with_file_and_line(pack: Path) -> None:
    (pack / "01-first/claims.toml").write_text("[[claims]]\n")
    said = manage(pack, "checkpacks", str(pack), status=1)
    assert f"{pack}/01-first/claims.toml:1:" in said


def test_a_packs_folder_is_found_by_its_slug(pack: Path) -> None:
    assert find_pack_folder("a-pack", [BUILT_IN, pack]) == pack
    assert find_pack_folder("no-pack", [BUILT_IN, pack]) is None
