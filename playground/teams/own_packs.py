"""Packs of a team's own: what is uploaded, published and taken back, and who is shown it."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, NamedTuple

import msgspec
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from exercises.archive import ArchiveRefused, PackFaulty, list_texts, read_pack
from exercises.checked import Checking
from exercises.model import Card, Pack
from playground.accounts import audit
from playground.catalog import markdown, private_packs
from playground.catalog import queries as catalog
from playground.catalog.private_packs import Shown
from playground.teams import queries
from playground.teams.models import Membership, PackVersion, Team
from playground.teams.permissions import Action, may

MOST_PACKS: Final = 20  # of one team
MOST_VERSIONS: Final = 6  # of one pack
MOST_IN_MEMORY: Final = 24
RENDER_SECONDS: Final = 8.0  # the site's own pack takes one
SHORT_CHARACTERS: Final = 1000
_LONGEST: Final = {"slug": 60, "title": 120, "version": 40}
_State = PackVersion.State

_log = logging.getLogger(__name__)


class NotChecked(Exception):
    """It was not checked to the end without failures."""


class TooManyPacks(Exception):
    """A team has so many packs at most."""


class SameAsBefore(Exception):
    """The newest version of the pack is this very archive."""


class Changes(NamedTuple):
    """How the cards of one version differ from those of another, by slug."""

    added: list[str]
    gone: list[str]
    changed: list[str]


def upload(*, actor: Membership, archive: bytes) -> PackVersion:
    """Keep an archive as the draft of its pack, in place of a draft that was there.

    Raises ArchiveRefused, PackFaulty, TooManyPacks and SameAsBefore; nothing is kept then.
    """
    pack = read_pack(archive)  # for seconds, perhaps: nobody waits for our lock meanwhile
    for name, most in _LONGEST.items():
        if len(getattr(pack, name)) > most:
            raise ArchiveRefused(f"the {name} in its pack.toml is over {most} characters")
    _refuse_slow(pack)
    return _keep(actor, pack, archive)


@transaction.atomic
def _keep(actor: Membership, pack: Pack, archive: bytes) -> PackVersion:
    list(Team.objects.select_for_update().filter(pk=actor.team_id))
    own = actor.team.pack_versions.filter(slug=pack.slug)
    digest = hashlib.sha256(archive).hexdigest()
    newest = own.defer("content").first()
    if newest and newest.digest == digest:
        raise SameAsBefore
    slugs = actor.team.pack_versions.order_by().values("slug").distinct()
    if newest is None and slugs.count() >= MOST_PACKS:
        raise TooManyPacks
    number = (own.aggregate(most=Max("number"))["most"] or 0) + 1
    own.filter(state=_State.DRAFT).delete()
    made = PackVersion.objects.create(
        team=actor.team,
        slug=pack.slug,
        number=number,
        title=pack.title,
        version=pack.version,
        cards=len(pack.cards),
        digest=digest,
        content=archive,
        stored_bytes=len(archive),
        uploaded_by=actor.user,
    )
    former = own.exclude(state=_State.PUBLISHED).order_by("-number")
    old = former.values_list("pk", flat=True)[MOST_VERSIONS - 1 :]
    PackVersion.objects.filter(pk__in=list(old)).delete()
    audit.record(actor.user, "uploaded", made, details=f"for {audit.name(actor.team)}")
    return made


@transaction.atomic
def publish(*, actor: Membership, version: PackVersion) -> None:
    """From now on everybody in the team sees it, in place of the one before.

    Raises NotChecked.
    """
    list(Team.objects.select_for_update().filter(pk=actor.team_id))
    version.refresh_from_db(fields=["checked", "state"])
    if not version.checked:
        raise NotChecked
    own = actor.team.pack_versions.filter(slug=version.slug, state=_State.PUBLISHED)
    own.exclude(pk=version.pk).update(state=_State.REPLACED)
    version.state, version.published_at = _State.PUBLISHED, timezone.now()
    version.save(update_fields=["state", "published_at"])
    audit.record(actor.user, "published", version, details=f"for {audit.name(actor.team)}")


@transaction.atomic
def withdraw(*, actor: Membership, version: PackVersion) -> None:
    """Nobody sees it any more; what was done in it stays its learners'."""
    own = PackVersion.objects.filter(pk=version.pk, state=_State.PUBLISHED)
    if own.update(state=_State.WITHDRAWN):
        audit.record(actor.user, "withdrew", version, details=f"for {audit.name(actor.team)}")


@transaction.atomic
def delete(*, actor: Membership, version: PackVersion) -> None:
    """Forget its archive and its check."""
    audit.record(actor.user, "deleted", version, details=f"for {audit.name(actor.team)}")
    version.delete()


def get_pack(version: PackVersion) -> Pack | None:
    """It as it is read, under its address in the team; None where a release of ours that came
    later does not read it any more.
    """
    try:
        pack = _load(version.pk, version.digest, version.address)
    except (ArchiveRefused, PackFaulty):
        _log.exception("%s, which was read when it was uploaded", audit.name(version))
        return None
    if not version.checked:
        return pack
    checked = msgspec.convert(version.checked, Checking)
    return msgspec.structs.replace(pack, checked=(checked,))


def list_packs(team: Team) -> list[Pack]:
    """What is published in the team, by title."""
    return _list_read(queries.list_published(team))


def read_packs(team: Team, slugs: set[str]) -> dict[str, Pack]:
    """The packs at those addresses that the team's members see: everybody's, and its own."""
    found = {slug: pack for slug, pack in catalog.get_packs().items() if slug in slugs}
    if any(map(private_packs.is_private, slugs)):
        found |= {pack.slug: pack for pack in list_packs(team) if pack.slug in slugs}
    return found


def get_card(team: Team, pack: str, card: str) -> Card | None:
    """A card that the team's members see."""
    found = read_packs(team, {pack}).get(pack)
    return found.card(card) if found else None


def compare(former: Pack, pack: Pack) -> Changes:
    """What of ``pack`` is not as it was."""
    before = {card.slug: msgspec.structs.replace(card, pack="") for card in former.cards}
    now = {card.slug: msgspec.structs.replace(card, pack="") for card in pack.cards}
    return Changes(
        [slug for slug in now if slug not in before],
        [slug for slug in before if slug not in now],
        [slug for slug, card in now.items() if slug in before and card != before[slug]],
    )


def find(slug: str, learner: str) -> Shown | None:
    """For the catalog: the pack at this address, if the learner of that digest may read it."""
    parts = slug.split("_")
    if not learner or len(parts) not in (2, 3) or parts[2:] not in ([], ["draft"]):
        return None
    members = Membership.objects.select_related("team")
    me = members.filter(learner=learner, team__public_id=parts[1]).first()
    if me is None:
        return None
    state = _State.DRAFT if parts[2:] else _State.PUBLISHED
    own = me.team.pack_versions.defer("content").select_related("team")
    version = own.filter(slug=parts[0], state=state).first()
    if version is None or not may(me, Action.READ_PACK, version):
        return None
    pack = get_pack(version)
    return Shown(pack, me.team.name, me.team.public_id, version.is_draft) if pack else None


def list_shown(learner: str) -> list[Pack]:
    """For the catalog: what is published in the teams of the learner of that digest."""
    found = PackVersion.objects.defer("content").select_related("team").order_by("title", "pk")
    own = found.filter(state=_State.PUBLISHED, team__memberships__learner=learner)
    return _list_read(own)


def _list_read(versions: Iterable[PackVersion]) -> list[Pack]:
    return [pack for version in versions if (pack := get_pack(version))]


def _refuse_slow(pack: Pack) -> None:
    """Some texts take a Markdown parser long for their length, and each page would wait for it."""
    began = time.thread_time()
    for text in list_texts(pack):
        if len(text) >= SHORT_CHARACTERS:
            markdown.render.__wrapped__(text)
        if time.thread_time() - began > RENDER_SECONDS:
            raise ArchiveRefused(
                f"its texts take over {RENDER_SECONDS:.0f} s to be shown, the last one begins "
                f"{text[:40]!r}: make it simpler or shorter"
            )


@lru_cache(maxsize=MOST_IN_MEMORY)
def _load(pk: int, digest: str, address: str) -> Pack:
    """Of every web process by itself: the archive is in the database, and never changes there."""
    content = PackVersion.objects.values_list("content", flat=True).get(pk=pk)
    pack = read_pack(bytes(content))
    cards = tuple(msgspec.structs.replace(card, pack=address) for card in pack.cards)
    return msgspec.structs.replace(pack, slug=address, cards=cards, checked=(), news=())
