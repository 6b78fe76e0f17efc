"""A team's own packs: what is taken and what is refused, who sees which version, and what stays."""

from __future__ import annotations

import html
import io
import tarfile
from functools import partial
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client

from exercises import archive
from exercises.archive import OF_MEMBER
from exercises.loader import BUILT_IN
from playground.accounts.models import AuditEntry
from playground.accounts.operations import delete_account
from playground.catalog import queries as catalog
from playground.progress.models import CardProgress
from playground.runs import addresses, messages
from playground.runs import operations as runs
from playground.runs.models import Recording
from playground.teams import boards, operations, own_packs
from playground.teams.models import Assignment, PackVersion
from tests.own_packs import (
    add_draft,
    add_published,
    make_archive,
    make_files,
    make_zip,
    send,
    sign_in_as,
    sign_in_stranger,
)
from tests.teams import Cast, make_cast
from tests.unit.test_recordings import save

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailoutbox", "quick_passwords")]


@pytest.fixture
def cast() -> Cast:
    cache.clear()
    return make_cast()


def states(cast: Cast) -> list[tuple[int, str]]:
    return list(cast.team.pack_versions.values_list("number", "state"))


def text(answer: Any) -> str:
    return html.unescape(answer.content.decode())


def test_a_pack_is_uploaded_and_replaces_the_draft_before_it(cast: Cast) -> None:
    tom = sign_in_as(cast.tom)
    assert "There is none yet." in text(tom.get(f"{cast.address}packs/"))
    made = send(tom, cast.address, make_archive())
    assert made.status_code == 302
    page = text(tom.get(made["Location"]))
    assert "Version 1" in page
    assert "Not checked yet" in page
    assert "It can be published once" in page
    send(tom, cast.address, make_archive(version="2"))
    assert states(cast) == [(2, "draft")]
    send(tom, cast.address, make_archive("Another"))
    acts = list(AuditEntry.objects.filter(act="uploaded").values_list("who", flat=True))
    assert len(acts) == 3


def make_tar(name: str, kind: bytes = tarfile.REGTYPE, size: int = 0) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as opened:
        member = tarfile.TarInfo(name)
        member.type, member.linkname, member.size = kind, "/etc/passwd", size
        opened.addfile(member, io.BytesIO(bytes(size)))
    return content.getvalue()


GOOD = make_files()
REFUSED: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "neither a zip nor a tar"),
    "no archive": (b"hello", "neither a zip nor a tar"),
    "a path out of it": (make_zip({**GOOD, "../x.md": ""}), "no path of a file in a pack"),
    "a path from the root": (make_zip({**GOOD, "/etc/x.md": ""}), "no path of a file"),
    "a link": (make_tar("pack.toml", tarfile.SYMTYPE), "no ordinary file"),
    "a hard link": (make_tar("pack.toml", tarfile.LNKTYPE), "no ordinary file"),
    "a device": (make_tar("pack.toml", tarfile.CHRTYPE), "no ordinary file"),
    "a program": (make_zip({**GOOD, "run.sh": ""}), "a pack has only"),
    "too many files": (
        make_zip({**GOOD, **{f"01-waits/cells/{n}.py": "" for n in range(3001)}}),
        "over 3000 files",
    ),
    "a file too large": (make_zip({**GOOD, "01-waits/big.md": "x" * 70_000}), "over 64 KiB"),
    "a bomb": (
        make_zip({**GOOD, **{f"01-waits/cells/{n}.py": "#" * 65_000 for n in range(135)}}),
        "over 8 MiB together",
    ),
    "a bomb that is skipped": (make_tar("__pycache__/x", size=16 * 2**20), "over 8 MiB"),
    "too large": (b"PK" + bytes(OF_MEMBER.archive_bytes), "over 2 MiB"),
    "bad TOML": (make_zip({**GOOD, "pack.toml": "title ="}), "pack.toml:1"),
    "an unknown field": (
        make_zip({**GOOD, "pack.toml": GOOD["pack.toml"] + "owner = 1\n"}),
        "pack.toml:5",
    ),
    "a claim of no cell": (
        make_archive(claims=("01-trap.py", "09-none.py")),
        "01-waits/claims.toml:",
    ),
    "a claim that is not there": (
        make_archive(card=("one-after-another", "another")),
        "01-waits/card.md:",
    ),
    "code that does not parse": (
        make_archive(starter=("import asyncio", "import (")),
        "starter.py:1",
    ),
    "texts that no page can show": (
        make_zip(
            {
                **GOOD,
                **{
                    name.replace("01-", f"{n:02}-c{n}-", 1): text.replace(
                        "Say in a few", "![" * 30_000
                    )
                    for n in range(2, 16)
                    for name, text in GOOD.items()
                    if name.startswith("01-")
                },
            }
        ),
        "s to be shown",
    ),
    "a long title": (make_archive("T" * 121), "title in its pack.toml is over"),
}


@pytest.mark.parametrize(("content", "reason"), REFUSED.values(), ids=list(REFUSED))
def test_what_is_refused_says_why_and_leaves_nothing(
    cast: Cast, content: bytes, reason: str
) -> None:
    """The control is the same archive without what it is refused for, in the test above."""
    answer = send(sign_in_as(cast.tom), cast.address, content)
    assert answer.status_code in (400, 413)
    assert reason in text(answer)
    assert not PackVersion.objects.exists()
    assert not AuditEntry.objects.filter(act="uploaded").exists()


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_while_an_archive_is_read(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes seconds at worst, and SQLite has one writer."""
    held: list[bool] = []
    real = archive.read_pack

    def read_pack(content: bytes) -> Any:
        held.append(connection.in_atomic_block)
        return real(content)

    monkeypatch.setattr("playground.teams.own_packs.read_pack", read_pack)
    own_packs.upload(actor=cast.tom, archive=make_archive())
    assert held == [False]


def test_hostile_words_of_a_pack_are_text(cast: Cast) -> None:
    tom = sign_in_as(cast.tom)
    hostile = "<script>alert(1)</script>"
    files = make_files(hostile, card=("Say in a few", f"{hostile} [x](javascript:alert(1)) Say"))
    made = send(tom, cast.address, make_zip(files))
    version = PackVersion.objects.get()
    for address in (made["Location"], f"{cast.address}packs/", f"/{version.address}/waits/"):
        page = tom.get(address).content.decode()
        assert "<script>alert" not in page
        assert 'href="javascript' not in page


def test_too_many_uploads_and_packs_are_refused(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    tom, alice = sign_in_as(cast.tom), sign_in_as(cast.alice)
    send(tom, cast.address, make_archive())
    assert "newest version of its pack already" in text(send(tom, cast.address, make_archive()))
    monkeypatch.setattr(own_packs, "MOST_PACKS", 1)
    other = make_files()
    other["pack.toml"] = other["pack.toml"].replace("first-steps", "second")
    assert "The team has 1 packs" in text(send(tom, cast.address, make_zip(other)))
    for number in range(28):
        send(tom, cast.address, b"x" * number)
    refused = send(tom, cast.address, make_archive(version="9"))
    assert refused.status_code == 429
    assert "too often" in text(refused)
    assert send(alice, cast.address, make_archive(version="9")).status_code == 302


def test_old_versions_make_room(cast: Cast) -> None:
    for number in range(own_packs.MOST_VERSIONS + 3):
        add_published(cast.tom, version=str(number))
    add_draft(cast.tom, version="new")
    kept = states(cast)
    assert kept[:2] == [(10, "draft"), (9, "published")]
    assert len(kept) <= own_packs.MOST_VERSIONS + 1


def test_nothing_is_published_that_was_not_checked(cast: Cast) -> None:
    version = add_draft(cast.tom)
    with pytest.raises(own_packs.NotChecked):
        own_packs.publish(actor=cast.tom, version=version)
    page = sign_in_as(cast.tom).post(f"{cast.address}packs/{version.pk}/publish/", follow=True)
    assert "Not published" in text(page)
    assert states(cast) == [(1, "draft")]


def list_pages(pack: str) -> list[tuple[str, str]]:
    """Everything below the address of a pack, and how it is asked for."""
    return [
        ("get", f"/{pack}/"),
        ("get", f"/{pack}/waits/"),
        ("get", f"/{pack}/waits/edits/"),
        ("get", f"/{pack}/waits/history/trap/"),
        ("post", f"/{pack}/waits/read/"),
        ("post", f"/{pack}/waits/exercises/first-try/hints/1/"),
    ]


def test_a_draft_is_shown_to_those_who_teach_and_a_published_one_to_the_team(cast: Cast) -> None:
    add_published(cast.tom)
    draft = add_draft(cast.tom, version="2")
    browsers = {
        "anonymous": Client(),
        "stranger": sign_in_stranger(),
        "owner of another": sign_in_as(cast.charlie),
        **{one: sign_in_as(getattr(cast, one)) for one in ("lea", "tom", "alice")},
    }
    published = f"first-steps_{cast.team.public_id}"
    assert draft.address == f"{published}_draft"
    may = {published: {"lea", "tom", "alice"}, draft.address: {"tom", "alice"}}
    for pack, allowed in may.items():
        for method, address in list_pages(pack):
            for who, browser in browsers.items():
                answer = getattr(browser, method)(address)
                is_shown = answer.status_code in (200, 204)
                assert is_shown == (who in allowed), (who, address, answer.status_code)
                if not is_shown:
                    assert answer.status_code == 404
                    assert "First steps" not in text(answer)
    page = browsers["lea"].get(f"/{published}/waits/")
    assert page["Cache-Control"] == "private, no-store"
    assert '<meta name="robots" content="noindex">' in text(page)
    assert "application/ld+json" not in text(page)


@pytest.mark.parametrize(
    "address",
    ["first-steps", "first-steps_", "_", "first-steps_x_draft_y", "x_y", "first-steps_{}_old"],
)
def test_other_addresses_lead_nowhere(cast: Cast, address: str) -> None:
    add_published(cast.tom)
    tom = sign_in_as(cast.tom)
    assert tom.get(f"/{address.format(cast.team.public_id)}/").status_code == 404


def test_a_pack_of_the_site_s_own_slug_hides_nothing(cast: Cast) -> None:
    files = make_files("Ours")
    files["pack.toml"] = files["pack.toml"].replace("first-steps", "async-databases")
    own_packs.upload(actor=cast.tom, archive=make_zip(files))
    tom = sign_in_as(cast.tom)
    assert "Ours" not in text(tom.get("/async-databases/"))
    assert "Ours" in text(tom.get(f"/async-databases_{cast.team.public_id}_draft/"))


def test_a_private_pack_is_nowhere_that_everybody_looks(cast: Cast, client: Client) -> None:
    version = add_published(cast.tom)
    for address in ("/sitemap.xml", "/news/", "/search/?q=interviewer", "/quiz/", "/errors/"):
        for browser in (client, sign_in_as(cast.lea)):
            assert version.address not in text(browser.get(address))
    assert catalog.get_card(version.address, "waits") is None


@pytest.mark.parametrize("who", ["", "charlie", "lea", "tom"])
def test_what_a_socket_runs_is_for_members_alone(cast: Cast, who: str) -> None:
    published = add_published(cast.tom)
    draft = add_draft(cast.tom, version="2")
    learner = getattr(cast, who).user.learner if who else "browser"
    for version, allowed in ((published, {"lea", "tom"}), (draft, {"tom"})):
        address = (version.address, "waits")
        cell = messages.RunCell(*address, "trap", code="1")
        answer = messages.CheckAnswer(*address, "exercise-first-try", code="1")
        for find in (
            partial(addresses.find_cell, cell),
            partial(addresses.find_exercise, answer),
        ):
            try:
                find(learner)
            except messages.NotOurs:
                assert who not in allowed
            else:
                assert who in allowed


def test_a_new_version_replaces_the_old_and_says_what_is_new(cast: Cast) -> None:
    add_published(cast.tom, cards=("01-waits", "02-gone"))
    draft = add_draft(cast.tom, "Next steps", cards=("01-waits", "03-new"), trap=("0.1", "0.12"))
    tom, lea = sign_in_as(cast.tom), sign_in_as(cast.lea)
    page = text(tom.get(f"{cast.address}packs/{draft.pk}/"))
    assert "new: new" in page
    assert "changed: waits" in page
    assert "gone: gone" in page
    at = f"/first-steps_{cast.team.public_id}/"
    assert "First steps" in text(lea.get(at))
    PackVersion.objects.filter(pk=draft.pk).update(
        checked={"date": "2026-11-26", "versions": {}, "holds": []}
    )
    tom.post(f"{cast.address}packs/{draft.pk}/publish/")
    assert "Next steps" in text(lea.get(at))
    assert "0.12" in text(lea.get(f"{at}waits/"))
    assert lea.get(f"{at}gone/").status_code == 404
    assert states(cast) == [(2, "published"), (1, "replaced")]
    tom.post(f"{cast.address}packs/{draft.pk}/withdraw/")
    assert lea.get(at).status_code == 404
    first = PackVersion.objects.get(number=1)
    tom.post(f"{cast.address}packs/{first.pk}/publish/")
    assert lea.get(f"{at}gone/").status_code == 200
    acts = AuditEntry.objects.filter(act__in=("published", "withdrew")).values_list(
        "act", flat=True
    )
    assert sorted(acts) == ["published", "published", "published", "withdrew"]


def set_own(cast: Cast, version: PackVersion) -> Assignment:
    tom = sign_in_as(cast.tom)
    answer = tom.post(
        f"{cast.address}assignments/new/?pack={version.address}",
        {
            "title": "Our week",
            "items": "waits/",
            "whom": "all",
            "late": "accept",
            "pass_mark": 100,
            "opens_at": "2026-01-01T08:00",
        },
    )
    assert answer.status_code == 302
    return Assignment.objects.get()


def test_it_is_set_done_and_shown_on_the_grid(
    cast: Cast, django_assert_max_num_queries: Any
) -> None:
    version = add_published(cast.tom)
    made = set_own(cast, version)
    assert made.pack == version.address
    lea, tom = sign_in_as(cast.lea), sign_in_as(cast.tom)
    assert "What does an interviewer ask?" in text(lea.get(cast.address))
    lea.post(f"/{version.address}/waits/read/")
    assert CardProgress.objects.get().pack == version.address
    board = boards.make_board(cast.team)
    row = next(one for one in board.rows if one.member == cast.lea)
    assert [one.state for one in row.standings if one] == ["read"]
    assert "waits" in text(tom.get(cast.address))
    assert tom.get(f"{cast.address}cards/{version.address}/waits/").status_code == 200
    assert "First steps" in text(lea.get("/progress/"))
    for _ in range(8):
        operations.set_assignment(
            actor=cast.tom,
            pack=version.address,
            members=[],
            title="More",
            items=[["waits", ""]],
            for_all=True,
        )
    with django_assert_max_num_queries(7):
        boards.make_board(cast.team)
    tom.post(f"{cast.address}packs/{version.pk}/withdraw/")
    assert tom.get(cast.address).status_code == 200
    assert lea.get(f"{cast.address}assignments/{made.pk}/").status_code == 200


def test_a_pack_of_another_team_cannot_be_set(cast: Cast) -> None:
    theirs = add_published(cast.charlie)
    assert theirs.team_id != cast.team.pk
    tom = sign_in_as(cast.tom)
    page = text(tom.get(f"{cast.address}assignments/new/?pack={theirs.address}"))
    assert "First steps" not in page
    made = operations.set_assignment(
        actor=cast.tom, pack=theirs.address, members=[], title="Odd", items=[["waits", ""]]
    )
    assert "interviewer" not in text(tom.get(f"{cast.address}assignments/{made.pk}/"))
    assert tom.get(f"{cast.address}cards/{theirs.address}/waits/").status_code == 404


def test_what_was_typed_stays_beside_a_new_version(cast: Cast) -> None:
    version = add_published(cast.tom)
    lea = sign_in_as(cast.lea)
    owner = lea.get(f"/{version.address}/waits/edits/").json()["owner"]
    at = f"/{version.address}/waits/edits/trap/"
    message = {"owner": owner, "text": "mine", "seen": 0, "writer": "w", "number": 1, "base": "b"}
    assert lea.post(at, message, content_type="application/json").status_code == 200
    add_published(cast.tom, trap=("0.1", "0.12"))
    edits = lea.get(f"/{version.address}/waits/edits/").json()["edits"]
    assert (edits["trap"]["text"], edits["trap"]["base"]) == ("mine", "b")


def test_a_run_of_a_private_card_is_not_shared(cast: Cast) -> None:
    version = add_published(cast.tom)
    recording = save(cast.lea.user.learner, run_id="of-lea")
    assert recording.may_be_shared
    Recording.objects.update(pack=version.address, card="waits", cell="trap")
    lea = sign_in_as(cast.lea)
    assert "The trap" in text(lea.get("/runs/of-lea/"))
    assert "Share</button>" not in text(lea.get("/runs/of-lea/"))
    assert "is not shared with others" in text(lea.post("/runs/of-lea/share/", follow=True))
    recording.refresh_from_db()
    with pytest.raises(runs.IsPrivate):
        runs.share_recording(recording)
    operations.remove_member(actor=cast.alice, member=cast.lea)
    assert "The trap" not in text(lea.get("/runs/of-lea/"))


def test_the_team_s_end_takes_its_packs_and_an_uploader_s_does_not(cast: Cast) -> None:
    version = add_published(cast.tom)
    assert sign_in_as(cast.alice).get(f"{cast.address}team.json").json()["packs"][0]["title"]
    archive = sign_in_as(cast.alice).get(f"{cast.address}packs/{version.pk}/archive/")
    assert archive.content == make_archive()
    delete_account(cast.tom.user)
    version.refresh_from_db()
    assert version.uploaded_by is None
    assert sign_in_as(cast.lea).get(f"/{version.address}/").status_code == 200
    page = text(sign_in_as(cast.alice).get(f"{cast.address}delete/"))
    assert f"packs/{version.pk}/archive/" in page
    operations.delete_team(actor=cast.alice)
    assert not PackVersion.objects.exists()
    assert sign_in_as(cast.lea).get(f"/{version.address}/").status_code == 404


def test_in_the_archive_it_is_read_and_nothing_changes(cast: Cast) -> None:
    version = add_published(cast.tom)
    draft = add_draft(cast.tom, version="2")
    operations.archive_team(actor=cast.alice)
    tom, lea = sign_in_as(cast.tom), sign_in_as(cast.lea)
    assert lea.get(f"/{version.address}/waits/").status_code == 200
    page = text(tom.get(f"{cast.address}packs/{draft.pk}/"))
    assert "Check it" not in page
    assert send(tom, cast.address, make_archive(version="3")).status_code == 302
    tom.post(f"{cast.address}packs/{version.pk}/delete/")
    assert states(cast) == [(2, "draft"), (1, "published")]


def test_a_version_that_is_not_read_any_more_is_told_and_breaks_nothing(cast: Cast) -> None:
    version = add_published(cast.tom)
    set_own(cast, version)
    PackVersion.objects.filter(pk=version.pk).update(content=b"broken", digest="other")
    tom, lea = sign_in_as(cast.tom), sign_in_as(cast.lea)
    assert "does not read this version any more" in text(
        tom.get(f"{cast.address}packs/{version.pk}/")
    )
    for browser, address in ((tom, cast.address), (lea, cast.address), (lea, "/progress/")):
        assert browser.get(address).status_code == 200
    assert lea.get(f"/{version.address}/").status_code == 404


def test_a_fork_of_the_site_s_own_pack_is_taken(cast: Cast) -> None:
    """The largest pack that we know of is within the bounds of an upload."""
    folder = BUILT_IN / "async-databases"
    files = {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.suffix in (".toml", ".md", ".py", ".sql")
    }
    made = own_packs.upload(actor=cast.tom, archive=make_zip(files))
    assert made.cards == 11
