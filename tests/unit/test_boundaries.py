"""Who loads whom, by any means: import-linter does not see an import made at run time."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SITE = {"django", "channels", "playground", "exercises"}
REPORT = """
import importlib, json, sys
for name in json.loads(sys.argv[1]):
    importlib.import_module(name)
print(json.dumps(sorted(sys.modules)))
"""


def list_modules(part: str) -> list[str]:
    """The dotted names of a module, or of every module of a package."""
    path = ROOT.joinpath(*part.split("."))
    files = sorted(path.rglob("*.py")) if path.is_dir() else [path.with_suffix(".py")]
    names = [".".join(file.relative_to(ROOT).with_suffix("").parts) for file in files]
    return [name.removesuffix(".__init__") for name in names]


def load_in_fresh_interpreter(part: str) -> set[str]:
    """What is in ``sys.modules`` once every module of the part is imported."""
    done = subprocess.run(
        [sys.executable, "-c", REPORT, json.dumps(list_modules(part))],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout))


def packages_of(modules: set[str]) -> set[str]:
    """The top-level names among these modules."""
    return {name.partition(".")[0] for name in modules}


@pytest.mark.parametrize(
    ("part", "banned"),
    [
        ("sandbox.protocol", {"sandbox.client", "sandbox.host", "sandbox.inside"}),
        ("sandbox.client", {"sandbox.host", "sandbox.inside"}),
        ("sandbox.host", {"sandbox.client", "sandbox.inside"}),
        ("sandbox.inside", {"sandbox.client", "sandbox.host"}),
        ("sandbox.__main__", set()),
    ],
)
def test_a_part_of_the_runner_loads_neither_the_site_nor_another_part(
    part: str, banned: set[str]
) -> None:
    loaded = load_in_fresh_interpreter(part)
    assert part in loaded
    assert not packages_of(loaded) & SITE
    assert not loaded & banned


def test_the_content_loads_neither_the_site_nor_a_half_of_the_runner() -> None:
    modules = [name for name in list_modules("exercises") if ".packs." not in name]
    assert modules
    loaded = load_in_fresh_interpreter("exercises.loader")
    assert not packages_of(loaded) & (SITE - {"exercises"})
    assert not loaded & {"sandbox.client", "sandbox.host", "sandbox.inside"}


def test_the_set_up_loads_nothing_that_has_to_be_installed() -> None:
    loaded = load_in_fresh_interpreter("playground.setup")
    assert packages_of(loaded) - sys.stdlib_module_names - {"__main__"} <= {"playground"}
