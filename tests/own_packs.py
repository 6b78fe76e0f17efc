"""Packs of a team's own: archives as somebody would upload them, and versions of them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Any

from django.test import Client

from playground.runs.management.commands.newcard import SKELETON
from playground.teams import own_packs
from playground.teams.models import Membership, PackVersion
from tests.accounts import make_user

PACK = """\
title = "{title}"
slug = "first-steps"
summary = "How we do it here."
version = "{version}"
"""
CHECKED = {"date": "2026-11-26", "versions": {"python": "3.13"}, "holds": []}


def make_files(
    title: str = "First steps",
    version: str = "1",
    cards: tuple[str, ...] = ("01-waits",),
    **changed: tuple[str, str],
) -> dict[str, str]:
    """A pack of cards that hold. ``changed``: a word in each file of a stem for another."""
    files = {"pack.toml": PACK.format(title=title, version=version)}
    for card in cards:
        for source in sorted(SKELETON.rglob("*.txt")):
            name = f"{card}/{source.relative_to(SKELETON)}".removesuffix(".txt")
            text = source.read_text("utf-8")
            for word, other in (value for key, value in changed.items() if key in name):
                text = text.replace(word, other)
            files[name] = text
    return files


def make_zip(files: Mapping[str, str | bytes]) -> bytes:
    """They as a zip file."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as opened:
        for name, text in files.items():
            member = zipfile.ZipInfo(name)  # of one time, so that it is the same each time
            member.compress_type = zipfile.ZIP_DEFLATED
            opened.writestr(member, text)
    return content.getvalue()


def make_archive(*given: Any, **named: Any) -> bytes:
    """``make_files`` as a zip file."""
    return make_zip(make_files(*given, **named))


def add_draft(member: Membership, *given: Any, **named: Any) -> PackVersion:
    """A version that was uploaded."""
    return own_packs.upload(actor=member, archive=make_archive(*given, **named))


def add_published(member: Membership, *given: Any, **named: Any) -> PackVersion:
    """A version that was uploaded, checked and published."""
    made = add_draft(member, *given, **named)
    PackVersion.objects.filter(pk=made.pk).update(checked=CHECKED)
    made.refresh_from_db()
    own_packs.publish(actor=member, version=made)
    return made


def send(client: Client, address: str, content: bytes, name: str = "pack.zip") -> Any:
    """Upload it, as the form on the team's page does."""
    file = io.BytesIO(content)
    file.name = name
    return client.post(f"{address}packs/upload/", {"archive": file})


BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def sign_in_as(member: Membership | None) -> Client:
    """A browser of theirs; of nobody's without one, of a stranger's account with a new one."""
    client = Client()
    if member:
        client.force_login(member.user, BACKEND)
    return client


def sign_in_stranger() -> Client:
    """A browser of an account that is in no team."""
    client = Client()
    client.force_login(make_user("new@example.org"), BACKEND)
    return client
