"""A pack that comes as one file, zip or tar: opened without believing anything it says."""

from __future__ import annotations

import re
import shutil
import tarfile
import tempfile
import zipfile
from collections.abc import Container, Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Final, NamedTuple

from exercises.front_matter import PackError
from exercises.loader import load_pack
from exercises.model import Pack

MAX_ARCHIVE_BYTES: Final = 5 * 1024 * 1024
MAX_FILES: Final = 3000
MAX_BYTES: Final = 20 * 1024 * 1024
MAX_DEPTH: Final = 8
SUFFIXES: Final = frozenset({".toml", ".md", ".py", ".sql"})
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
_IGNORED: Final = frozenset({"__pycache__", "__MACOSX", ".DS_Store", ".git"})
_CHUNK_BYTES: Final = 64 * 1024


class ArchiveRefused(Exception):
    """It is no archive of a pack; why, as a sentence for whoever sent it."""


class _Member(NamedTuple):
    path: PurePosixPath
    content: IO[bytes]


def add_pack(archive: Path, into: Path, taken: Container[str] = ()) -> Pack:
    """Put the pack of this archive into the folder ``into``, in place of one of the same slug.

    ``taken`` are slugs of packs elsewhere. Raises ArchiveRefused, or PackError when it opens and
    is not right; nothing is left of it then.
    """
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".adding-", dir=into) as directory:
        folder = Path(directory, "pack")
        _unpack(archive, folder)
        try:
            pack = load_pack(folder)
        except PackError as error:
            file = error.file.relative_to(folder) if error.file != folder else Path("pack")
            raise PackError(file, error.line, error.message) from error
        if pack.slug in taken:
            raise ArchiveRefused(f"there is another pack with the slug {pack.slug!r}")
        place = into / pack.slug
        if place.exists():
            place.rename(Path(directory, "before"))
        folder.rename(place)
    return pack


def _unpack(archive: Path, folder: Path) -> None:
    """Its files, without the folder that they may all lie in."""
    if archive.stat().st_size > MAX_ARCHIVE_BYTES:
        raise ArchiveRefused(f"the archive is over {MAX_ARCHIVE_BYTES // 1024**2} MiB")
    try:
        _write(archive, folder)
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, RuntimeError, ValueError) as error:
        raise ArchiveRefused(f"the archive is damaged: {error}") from error
    inside = list(folder.iterdir()) if folder.is_dir() else []
    if len(inside) == 1 and inside[0].is_dir():
        whole = folder.with_name("whole")
        folder.rename(whole)
        shutil.move(whole / inside[0].name, folder)
    if not (folder / "pack.toml").is_file():
        raise ArchiveRefused("there is no pack.toml in the archive, nor in its only folder")


def _write(archive: Path, folder: Path) -> None:
    left = MAX_BYTES
    for count, (path, content) in enumerate(_list_members(archive), start=1):
        if count > MAX_FILES:
            raise ArchiveRefused(f"the archive has over {MAX_FILES} files")
        file = folder / path
        if file.exists() or any(above.is_file() for above in file.parents):
            raise ArchiveRefused(f"{path} is in the archive twice")
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("xb") as target:
            while chunk := content.read(_CHUNK_BYTES):  # whatever size it claims to have
                left -= len(chunk)
                if left < 0:
                    raise ArchiveRefused(f"its files are over {MAX_BYTES // 1024**2} MiB together")
                target.write(chunk)


def _list_members(archive: Path) -> Iterator[_Member]:
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as opened:
            for entry in opened.infolist():
                if not entry.is_dir() and (path := _checked(entry.filename)):
                    mode = entry.external_attr >> 16
                    if mode & 0o170000 not in (0, 0o100000):
                        raise ArchiveRefused(f"{entry.filename} is no ordinary file")
                    with opened.open(entry) as content:
                        yield _Member(path, content)
    elif tarfile.is_tarfile(archive):
        with tarfile.open(archive) as packed:
            for member in packed:
                if not member.isdir() and (path := _checked(member.name)):
                    packed_file = packed.extractfile(member) if member.isreg() else None
                    if packed_file is None:
                        raise ArchiveRefused(f"{member.name} is no ordinary file")
                    yield _Member(path, packed_file)
    else:
        raise ArchiveRefused("this is neither a zip nor a tar file")


def _checked(name: str) -> PurePosixPath | None:
    """The path of a file of a pack; None for what only lies about in a folder."""
    path = PurePosixPath(name)
    if _IGNORED.intersection(path.parts):
        return None
    parts = path.parts[1:] if path.parts[:1] == (".",) else path.parts
    if not parts or len(parts) > MAX_DEPTH or not all(map(_NAME.fullmatch, parts)):
        raise ArchiveRefused(f"{name[:200]!r} is no path of a file in a pack")
    if path.suffix not in SUFFIXES:
        raise ArchiveRefused(f"{name[:200]!r}: a pack has only {', '.join(sorted(SUFFIXES))} files")
    return PurePosixPath(*parts)
