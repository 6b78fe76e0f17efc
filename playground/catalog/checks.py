"""System checks: every pack can be read."""

from __future__ import annotations

from typing import Any

from django.core import checks
from django.core.checks import CheckMessage

from exercises.front_matter import PackError
from playground.accounts.checks import PAGES
from playground.catalog import queries


@checks.register(PAGES)
def check_packs(**_: Any) -> list[CheckMessage]:
    """A broken pack is told with its file and line, before the site starts without it."""
    try:
        queries.get_known_errors()
    except PackError as error:
        hint = "Mend it, or take its folder out of PACK_DIRS; `manage.py checkpacks` tells more."
        return [checks.Error(str(error), hint=hint, id="catalog.E001")]
    return []
