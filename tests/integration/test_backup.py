"""A copy of the site's database goes back whole, on SQLite and on Postgres, or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

# In a process of its own: the tests' own database is not to be destroyed.
STORY = """
import sys
from pathlib import Path
import django
django.setup()
from django.core.management import CommandError, call_command
from django.core import serializers
from django.apps import apps
from django.db import connection
from playground.accounts.models import AuditEntry, User
from playground.operating.copying import list_tables
from tests.accounts import make_user
from tests.unit.test_recordings import save

folder = Path(sys.argv[1])
copy = folder / "copy"

def tell():
    rows = [row for model in apps.get_models() for row in model._default_manager.order_by("pk")
            if model is not AuditEntry]
    return serializers.serialize("json", rows)

def refuse(words, *arguments, **named):
    try:
        call_command(*arguments, **named)
    except CommandError as error:
        assert words in str(error), error
    else:
        raise AssertionError(f"not refused: {words}")

def destroy():
    if connection.vendor == "sqlite":
        connection.close()
        for file in folder.glob("site.sqlite3*"):
            file.unlink()
    else:
        with connection.cursor() as cursor:
            names = ", ".join(map(connection.ops.quote_name, list_tables()))
            cursor.execute(f"DROP TABLE {names} CASCADE")
    connection.close()

call_command("migrate", verbosity=0)
ada = make_user("ada@example.org")
save(ada.learner, run_id="kept", code="print('\u00fc <b>')")
before = tell()
assert "ada@example.org" in before and "kept" in before
call_command("backup", copy)
assert copy.stat().st_mode & 0o777 == 0o600
assert [file.name for file in folder.glob("copy*")] == ["copy"]
refuse("is there already", "backup", copy)
refuse("--replace", "restore", copy)
assert tell() == before

destroy()
call_command("restore", copy)
assert tell() == before
assert User.objects.create_user("bob@example.org").pk > ada.pk  # its numbers go on
acts = list(AuditEntry.objects.values_list("act", "thing", "details"))
assert acts == [("restored", "the database", "copy")]

damaged = folder / "damaged"
content = copy.read_bytes()
damaged.write_bytes(content[: len(content) // 2])
later = tell()
refuse("damaged" if connection.vendor == "sqlite" else "failed", "restore", damaged, replace=True)
assert tell() == later  # all of it or nothing
(folder / "other").write_text("no copy at all")
refuse("is no copy of a", "restore", folder / "other", replace=True)
call_command("restore", copy, replace=True)
assert tell() == before
print("held")
"""


def tell_story(tmp_path: Path, **environment: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", STORY, str(tmp_path)],
        cwd=ROOT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "playground.settings",
            "VAR_DIR": str(tmp_path),
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.stdout.endswith("held\n"), done.stdout + done.stderr[-4000:]


def test_sqlite(tmp_path: Path) -> None:
    tell_story(tmp_path, SITE_DATABASE_URL="")


def test_postgres(tmp_path: Path, site_postgres: str) -> None:
    tell_story(tmp_path, SITE_DATABASE_URL=site_postgres)


@pytest.mark.parametrize("where", ["nowhere/copy", "."])
def test_no_copy_where_none_can_be(tmp_path: Path, where: str) -> None:
    from playground.operating.copying import CopyFailed, back_up

    with pytest.raises(CopyFailed, match=r"no folder|there already"):
        back_up(tmp_path / where)
