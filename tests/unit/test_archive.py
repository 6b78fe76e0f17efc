"""A pack that comes as one file: what is refused, and that nothing is left of it."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import stat
import tarfile
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from exercises.archive import (
    OF_MEMBER,
    OF_OPERATOR,
    ArchiveRefused,
    PackFaulty,
    add_pack,
    read_pack,
)
from exercises.front_matter import PackError

PACK = 'title = "Mine"\nslug = "mine"\nsummary = "Of my own."\nversion = "{version}"\n'
CARD = """+++
question = "Why?"
rule = "Because."
tags = ["asyncio"]
difficulty = "easy"
references = []
cells = [{ file = "01-one.py", title = "One", kind = "demo", drivers = [] }]
+++
So.
"""
Files = dict[str, str | bytes]


def files(version: str = "1", above: str = "") -> Files:
    return {
        f"{above}pack.toml": PACK.format(version=version),
        f"{above}01-why/card.md": CARD,
        f"{above}01-why/cells/01-one.py": "print(1)\n",
    }


def make_zip(place: Path, content: Files) -> Path:
    file = place / "pack.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, text in content.items():
            opened.writestr(name, text)
    return file


def make_tar(place: Path, content: Files) -> Path:
    file = place / "pack.tar.gz"
    with tarfile.open(file, "w:gz") as opened:
        for name, text in content.items():
            data = text if isinstance(text, bytes) else text.encode()
            member = tarfile.TarInfo(name)
            member.size = len(data)
            opened.addfile(member, io.BytesIO(data))
    return file


@pytest.fixture
def into(tmp_path: Path) -> Path:
    return tmp_path / "packs"


@pytest.mark.parametrize("make", [make_zip, make_tar])
@pytest.mark.parametrize("above", ["", "mine-1.0/", "./"])
def test_a_pack_is_added_and_replaced(
    make: Callable[[Path, Files], Path], above: str, tmp_path: Path, into: Path
) -> None:
    rubbish: Files = {f"{above}01-why/__pycache__/x.pyc": b"x", "__MACOSX/._pack.toml": b"x"}
    assert add_pack(make(tmp_path, {**files("1", above), **rubbish}), into).version == "1"
    assert add_pack(make(tmp_path, files("2", above)), into).version == "2"
    assert [path.name for path in into.iterdir()] == ["mine"]
    assert (into / "mine/01-why/cells/01-one.py").read_text() == "print(1)\n"


REFUSED: dict[str, tuple[Files, str]] = {
    "a path out of it": ({"../pack.toml": ""}, "no path of a file in a pack"),
    "a path from the root": ({"/etc/cron.d/x.toml": ""}, "no path of a file in a pack"),
    "a path of another system": ({"a\\..\\x.toml": ""}, "no path of a file in a pack"),
    "a hidden file": ({".env.toml": ""}, "no path of a file in a pack"),
    "a very deep file": ({"/".join("abcdefghi") + "/x.md": ""}, "no path of a file in a pack"),
    "a program": ({"install.sh": "rm -rf /"}, "a pack has only"),
    "no pack": ({"readme.md": ""}, "there is no pack.toml"),
    "two folders": ({"a/pack.toml": "", "b/pack.toml": ""}, "there is no pack.toml"),
    "a file below a file": ({"a.md": "", "a.md/b.md": ""}, "twice"),
    "nothing": ({}, "there is no pack.toml"),
}


@pytest.mark.parametrize("make", [make_zip, make_tar])
@pytest.mark.parametrize(("content", "reason"), REFUSED.values(), ids=list(REFUSED))
def test_what_is_no_pack_is_refused_and_leaves_nothing(
    make: Callable[[Path, Files], Path], content: Files, reason: str, tmp_path: Path, into: Path
) -> None:
    with pytest.raises(ArchiveRefused, match=reason):
        add_pack(make(tmp_path, content), into)
    assert list(into.iterdir()) == []
    assert not (tmp_path.parent / "pack.toml").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_only_ordinary_files_of_a_tar(kind: bytes, tmp_path: Path, into: Path) -> None:
    file = make_tar(tmp_path, files())
    with tarfile.open(file, "w") as opened:
        member = tarfile.TarInfo("pack.toml")
        member.type, member.linkname = kind, "/etc/passwd"
        opened.addfile(member)
    with pytest.raises(ArchiveRefused, match="no ordinary file"):
        add_pack(file, into)
    assert list(into.iterdir()) == []


def test_only_ordinary_files_of_a_zip(tmp_path: Path, into: Path) -> None:
    file = tmp_path / "pack.zip"
    with zipfile.ZipFile(file, "w") as opened:
        link = zipfile.ZipInfo("pack.toml")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        opened.writestr(link, "/etc/passwd")
    with pytest.raises(ArchiveRefused, match="no ordinary file"):
        add_pack(file, into)


@pytest.mark.parametrize("make", [make_zip, make_tar])
def test_a_bomb_is_small_when_it_is_refused(
    make: Callable[[Path, Files], Path], tmp_path: Path, into: Path
) -> None:
    content = {**files(), "01-why/cells/02-much.py": b"#" * 400_000}
    file = make(tmp_path, content)
    for bounds, reason in [
        (OF_OPERATOR._replace(bytes=300_000), "together"),
        (OF_OPERATOR._replace(file_bytes=300_000), "over 292 KiB"),
        (OF_OPERATOR._replace(files=2), "over 2 files"),
        (OF_OPERATOR._replace(archive_bytes=100), "over 0 MiB"),
    ]:
        with pytest.raises(ArchiveRefused, match=reason):
            add_pack(file, into, bounds=bounds)
    assert list(into.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"nothing of the kind", b"\x1f\x8b\x08"])
def test_no_archive(content: bytes, tmp_path: Path, into: Path) -> None:
    file = tmp_path / "pack.zip"
    file.write_bytes(content)
    with pytest.raises(ArchiveRefused):
        add_pack(file, into)


def test_a_pack_that_is_not_right_is_told_with_file_and_line(tmp_path: Path, into: Path) -> None:
    content = {**files(), "01-why/cells/01-one.py": "print(\n"}
    with pytest.raises(PackError, match=r"^01-why/cells/01-one\.py:1: "):
        add_pack(make_zip(tmp_path, content), into)
    assert list(into.iterdir()) == []


def test_a_slug_of_another_pack_is_refused(tmp_path: Path, into: Path) -> None:
    with pytest.raises(ArchiveRefused, match="another pack with the slug 'mine'"):
        add_pack(make_zip(tmp_path, files()), into, {"mine"})


def pack_tar(method: str, content: bytes) -> bytes:
    if method == "gz":
        return gzip.compress(content)
    return bz2.compress(content) if method else content


@pytest.mark.parametrize("method", ["", "gz", "bz2"])
def test_what_is_skipped_in_a_tar_is_no_bomb_either(method: str, tmp_path: Path) -> None:
    """A file that is left out, and the header of one, are unpacked as well, and count."""
    bounds = OF_MEMBER._replace(bytes=50_000, files=10)
    small = make_tar(tmp_path, files()).read_bytes()
    assert read_pack(small, bounds).slug == "mine"
    for kind in (tarfile.REGTYPE, tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME):
        content = io.BytesIO()
        with tarfile.open(fileobj=content, mode="w") as opened:
            member = tarfile.TarInfo("__pycache__/x.pyc")
            member.type, member.size = kind, 200_000
            opened.addfile(member, io.BytesIO(bytes(200_000)))
        with pytest.raises(ArchiveRefused, match=r"together|damaged"):
            read_pack(pack_tar(method, content.getvalue()), bounds)


def test_a_tar_packed_with_what_takes_any_memory_is_refused(tmp_path: Path) -> None:
    plain = gzip.decompress(make_tar(tmp_path, files()).read_bytes())
    assert read_pack(bz2.compress(plain)).slug == "mine"
    with pytest.raises(ArchiveRefused, match="xz is not read here"):
        read_pack(lzma.compress(plain))
    file = tmp_path / "odd.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_LZMA) as opened:
        opened.writestr("pack.toml", PACK)
    with pytest.raises(ArchiveRefused, match="in a way we do not read"):
        read_pack(file.read_bytes())


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    content: Files = {
        "pack.toml": 'title = "Mine"\nslug = "mine"\nsummary = ""\nversion = "1"\nauthors = 1\n',
        "01-why/card.md": CARD.replace("rule", "rules"),
        "01-why/cells/01-one.py": "print(1)\n",
        "02-how/card.md": CARD,
        "02-how/cells/01-one.py": "print(\n",
    }
    with pytest.raises(PackFaulty) as caught:
        read_pack(make_zip(tmp_path, content).read_bytes())
    told = [str(each).partition(": ")[0] for each in caught.value.faults]
    assert told == ["01-why/card.md:3", "02-how/cells/01-one.py:1", "pack.toml:5"]
    assert str(tmp_path) not in str(caught.value)


@pytest.mark.parametrize(
    "toml",
    [
        "x = " + "[" * 50_000,
        "x = " + "9" * 50_000,
        'title = "a\\u0000"\nslug = "mine"\nsummary = ""\nversion = ""\n',
    ],
    ids=["deep", "a long number", "a NUL"],
)
def test_a_file_that_no_parser_likes_is_refused(toml: str, tmp_path: Path) -> None:
    content = {**files(), "pack.toml": toml}
    with pytest.raises((ArchiveRefused, PackFaulty)):
        read_pack(make_zip(tmp_path, content).read_bytes())


@pytest.mark.parametrize("make", [make_zip, make_tar])
def test_whatever_byte_is_wrong_it_is_read_or_refused(
    make: Callable[[Path, Files], Path], tmp_path: Path
) -> None:
    whole = make(tmp_path, files()).read_bytes()
    if make is make_tar:
        whole = gzip.decompress(whole)
    chance = random.Random(7)  # noqa: S311 - the same bytes each time
    ends = Counter[str]()
    for _ in range(300):
        broken = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        try:
            read_pack(bytes(broken[: chance.choice([len(broken), chance.randrange(len(broken))])]))
            ends["read"] += 1
        except (ArchiveRefused, PackFaulty):
            ends["refused"] += 1
    assert ends["refused"] > 50
