"""The team's own packs: uploaded, checked, published, taken back."""

from __future__ import annotations

from itertools import groupby
from typing import Any, Final

from allauth.core import ratelimit
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from exercises.archive import OF_MEMBER, ArchiveRefused, PackFaulty
from playground.teams import own_packs, pack_checks, queries
from playground.teams.access import allowed_to
from playground.teams.models import Membership, PackResult, PackVersion
from playground.teams.permissions import Action, may
from playground.teams.showing import show

MOST_FAULTS: Final = 50
MOST_FAILURES: Final = 100
_MIB: Final = 1024 * 1024


@require_safe
@allowed_to(Action.SEE_PACKS)
def packs(request: HttpRequest, me: Membership) -> HttpResponse:
    """Those that the team has, each with its versions, and the way to a new one."""
    return _show_packs(request, me)


@require_POST
@allowed_to(Action.CHANGE_PACKS)
def upload(request: HttpRequest, me: Membership) -> HttpResponse:
    """A new draft, or all that is wrong with what was sent."""
    if not ratelimit.consume(request, action="upload", user=me.user):
        sentence = (
            "You uploaded packs too often in a short time. This one was not kept; it is still on "
            "your own disk: upload it again in an hour."
        )
        return _show_packs(request, me, 429, refusal=sentence)
    sent = request.FILES.get("archive")
    if not isinstance(sent, UploadedFile):
        return _show_packs(request, me, 400, refusal="Choose a file first: nothing was sent.")
    if (sent.size or 0) > OF_MEMBER.archive_bytes:
        sentence = f"The archive is over {OF_MEMBER.archive_bytes // _MIB} MiB."
        return _show_packs(request, me, 413, refusal=sentence)
    try:
        made = own_packs.upload(actor=me, archive=sent.read())
    except PackFaulty as faulty:
        faults = faulty.faults[:MOST_FAULTS]
        return _show_packs(
            request, me, 400, faults=faults, left_out=len(faulty.faults) - len(faults)
        )
    except ArchiveRefused as refused:
        return _show_packs(request, me, 400, refusal=_sentence(str(refused)))
    except own_packs.SameAsBefore:
        sentence = "This is the very archive that is the newest version of its pack already."
        return _show_packs(request, me, 400, refusal=sentence)
    except own_packs.TooManyPacks:
        most = own_packs.MOST_PACKS
        sentence = f"The team has {most} packs, the most there may be. Delete one of them first."
        return _show_packs(request, me, 400, refusal=sentence)
    messages.success(request, f"“{made.title}” is here as a draft. Check it, then publish it.")
    return redirect("pack-version", team=me.team.public_id, version=made.pk)


@require_safe
@allowed_to(Action.SEE_PACKS)
def version(request: HttpRequest, me: Membership, version: PackVersion) -> HttpResponse:
    """One version: how its check goes, what is new in it, and what may be done with it."""
    pack = own_packs.get_pack(version)
    others = [
        one
        for one in queries.list_versions(me.team)
        if one.slug == version.slug and one.pk != version.pk
    ]
    former = next((one for one in others if one.is_published), None)
    before = own_packs.get_pack(former) if former else None
    context = {
        **describe_check(me, version),
        "version": version,
        "pack": pack,
        "versions": others,
        "former": former,
        "changes": own_packs.compare(before, pack) if before and pack else None,
        "fresh": PackResult.objects.filter(check_of__version=version),
        "section": "packs",
    }
    return show(request, "teams/pack.html", me, context)


@require_safe
@allowed_to(Action.SEE_PACKS)
def archive(request: HttpRequest, me: Membership, version: PackVersion) -> HttpResponse:
    """The archive as it was uploaded."""
    content = bytes(version.content)
    is_zip = content.startswith(b"PK")
    suffix = "zip" if is_zip else "tar.gz" if content.startswith(b"\x1f\x8b") else "tar"
    response = HttpResponse(content, content_type="application/octet-stream")
    name = f"{version.slug}-{version.number}.{suffix}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_POST
@allowed_to(Action.CHANGE_PACKS)
def publish(request: HttpRequest, me: Membership, version: PackVersion) -> HttpResponse:
    """For everybody in the team, from now on."""
    try:
        own_packs.publish(actor=me, version=version)
    except own_packs.NotChecked:
        messages.error(
            request,
            "Not published: a version is, once its check came to the end without a failure. "
            "What failed is below.",
        )
    else:
        messages.success(request, f"“{version.title}” is published: everybody in the team sees it.")
    return redirect("pack-version", team=me.team.public_id, version=version.pk)


@require_POST
@allowed_to(Action.CHANGE_PACKS)
def withdraw(request: HttpRequest, me: Membership, version: PackVersion) -> HttpResponse:
    """From everybody; it can be published again."""
    own_packs.withdraw(actor=me, version=version)
    messages.success(
        request,
        f"“{version.title}” is taken back: nobody sees its cards. What was done in it stays.",
    )
    return redirect("pack-version", team=me.team.public_id, version=version.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed_to(Action.CHANGE_PACKS)
def delete(request: HttpRequest, me: Membership, version: PackVersion) -> HttpResponse:
    """Ask, then forget it."""
    if request.method != "POST":
        context = {"version": version, "section": "packs"}
        return show(request, "teams/pack_delete.html", me, context)
    own_packs.delete(actor=me, version=version)
    messages.success(request, f"Version {version.number} of “{version.title}” is deleted.")
    return redirect("team-packs", team=me.team.public_id)


def describe_check(me: Membership, version: PackVersion) -> dict[str, Any]:
    """What the page and its socket tell of a check."""
    failures = PackResult.objects.filter(check_of__version=version).exclude(problem="")
    return {
        "team": me.team,
        "version": version,
        "progress": pack_checks.read_progress(version),
        "failures": failures[:MOST_FAILURES],
        "may_change": may(me, Action.CHANGE_PACKS, version),
    }


def _show_packs(
    request: HttpRequest, me: Membership, status: int = 200, **more: object
) -> HttpResponse:
    versions = queries.list_versions(me.team)
    by_slug = [list(group) for _, group in groupby(versions, key=lambda one: one.slug)]
    context = {
        "packs": [{"newest": group[0], "versions": group} for group in by_slug],
        "most_mib": OF_MEMBER.archive_bytes // _MIB,
        "section": "packs",
        **more,
    }
    return show(request, "teams/packs.html", me, context, status=status)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
