"""``manage.py addpack`` as an operator calls it, and the site that then shows the pack."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.unit.test_archive import files, make_tar, make_zip

ROOT = Path(__file__).resolve().parents[2]


def manage(var: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "VAR_DIR": str(var)},
        capture_output=True,
        text=True,
    )


def test_a_pack_is_added_shown_and_refused_when_it_is_broken(tmp_path: Path) -> None:
    var = tmp_path / "var"
    added = manage(var, "addpack", str(make_zip(tmp_path, files())))
    assert added.returncode == 0, added.stderr
    assert "Mine (mine 1), 1 card." in added.stdout
    shown = manage(
        var,
        "shell",
        "--no-imports",
        "-c",
        "from playground.catalog.queries import get_packs; print(list(get_packs()))",
    )
    assert "'mine'" in shown.stdout, shown.stderr

    broken = {**files("2"), "01-why/card.md": "nothing"}
    refused = manage(var, "addpack", str(make_tar(tmp_path, broken)))
    assert refused.returncode == 1
    assert "01-why/card.md:1: " in refused.stderr
    assert 'version = "1"' in (var / "packs/mine/pack.toml").read_text()

    twin = {**files(), "pack.toml": str(files()["pack.toml"]).replace("mine", "async-databases")}
    refused = manage(var, "addpack", str(make_zip(tmp_path, twin)))
    assert "another pack with the slug 'async-databases'" in refused.stderr
    assert manage(var, "addpack", "no-such-file.zip").returncode == 2
