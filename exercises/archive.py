"""A pack that comes as one file, zip or tar: opened without believing anything it says."""

from __future__ import annotations

import bz2
import gzip
import io
import re
import shutil
import struct
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Container, Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Final, NamedTuple

import msgspec

from exercises.front_matter import PackError
from exercises.loader import list_faults, load_pack
from exercises.model import Pack

MAX_DEPTH: Final = 8
SUFFIXES: Final = frozenset({".toml", ".md", ".py", ".sql"})
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
_IGNORED: Final = frozenset({"__pycache__", "__MACOSX", ".DS_Store", ".git"})
_CHUNK_BYTES: Final = 64 * 1024
_TAR_BYTES: Final = 2048  # that a tar file needs beside each file's content
_KIB: Final = 1024
_MIB: Final = 1024 * _KIB
_DAMAGED: Final = (
    *(tarfile.TarError, zipfile.BadZipFile, zlib.error, struct.error, OSError),
    *(EOFError, RuntimeError, ValueError, OverflowError, IndexError),
)


class Bounds(NamedTuple):
    """How much there may be of an archive, and in it."""

    archive_bytes: int
    files: int
    bytes: int
    file_bytes: int


OF_OPERATOR: Final = Bounds(5 * _MIB, 3000, 20 * _MIB, 20 * _MIB)
OF_MEMBER: Final = Bounds(2 * _MIB, 3000, 8 * _MIB, 64 * _KIB)


class ArchiveRefused(Exception):
    """It is no archive of a pack; why, as a sentence for whoever sent it."""


class PackFaulty(Exception):
    """It opens, and its author has something to mend: ``faults`` are named by file and line."""

    def __init__(self, faults: list[PackError]) -> None:
        super().__init__("; ".join(map(str, faults)))
        self.faults = faults


class _Member(NamedTuple):
    path: PurePosixPath
    content: IO[bytes]


def add_pack(
    archive: Path, into: Path, taken: Container[str] = (), bounds: Bounds = OF_OPERATOR
) -> Pack:
    """Put the pack of this archive into the folder ``into``, in place of one of the same slug.

    ``taken`` are slugs of packs elsewhere. Raises ArchiveRefused, or PackError when it opens and
    is not right; nothing is left of it then.
    """
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".adding-", dir=into) as directory:
        folder = Path(directory, "pack")
        with archive.open("rb") as source:
            _unpack(source, folder, bounds)
        try:
            pack = load_pack(folder)
        except PackError as error:
            raise _within(folder, error) from error
        if pack.slug in taken:
            raise ArchiveRefused(f"there is another pack with the slug {pack.slug!r}")
        place = into / pack.slug
        if place.exists():
            place.rename(Path(directory, "before"))
        folder.rename(place)
    return pack


def read_pack(archive: bytes, bounds: Bounds = OF_MEMBER) -> Pack:
    """The pack in this archive; nothing is left of its files.

    Raises ArchiveRefused, and PackFaulty with all that is found wrong.
    """
    with tempfile.TemporaryDirectory(prefix="reading-pack-") as directory:
        folder = Path(directory, "pack")
        _unpack(io.BytesIO(archive), folder, bounds)
        try:
            pack = load_pack(folder)
            _refuse_nul(pack)
        except PackError:
            faults = [_within(folder, each) for each in list_faults(folder)]
            raise PackFaulty(faults) from None
        except (RecursionError, MemoryError, OverflowError, ValueError) as error:
            raise ArchiveRefused(f"a file in it cannot be read: {error}") from error
    return pack


def _refuse_nul(pack: Pack) -> None:
    """No database keeps one in a text, and no author means it."""
    for text in list_texts(pack):
        if "\0" in text:
            raise ValueError(f"there is a NUL in {text[:50]!r}")


def list_texts(pack: Pack) -> Iterator[str]:
    """Every text that is anywhere in it."""
    left = [msgspec.to_builtins(pack)]
    while left:
        part = left.pop()
        if isinstance(part, str):
            yield part
        elif isinstance(part, dict):
            left += [*part, *part.values()]
        elif isinstance(part, list | tuple):
            left += part


def _within(folder: Path, error: PackError) -> PackError:
    """The same of a file as its author knows it."""
    file = error.file.relative_to(folder) if error.file != folder else Path("pack")
    return PackError(file, error.line, error.message.replace(f"{folder}/", ""))


def _unpack(source: IO[bytes], folder: Path, bounds: Bounds) -> None:
    """Its files, without the folder that they may all lie in."""
    if source.seek(0, io.SEEK_END) > bounds.archive_bytes:
        raise ArchiveRefused(f"the archive is over {bounds.archive_bytes // _MIB} MiB")
    source.seek(0)
    try:
        _write(source, folder, bounds)
    except _DAMAGED as error:
        raise ArchiveRefused(f"the archive is damaged: {error}") from error
    inside = list(folder.iterdir()) if folder.is_dir() else []
    if len(inside) == 1 and inside[0].is_dir():
        whole = folder.with_name("whole")
        folder.rename(whole)
        shutil.move(whole / inside[0].name, folder)
    if not (folder / "pack.toml").is_file():
        raise ArchiveRefused("there is no pack.toml in the archive, nor in its only folder")


def _write(source: IO[bytes], folder: Path, bounds: Bounds) -> None:
    left = bounds.bytes
    for count, (path, content) in enumerate(_list_members(source, bounds), start=1):
        if count > bounds.files:
            raise ArchiveRefused(f"the archive has over {bounds.files} files")
        file = folder / path
        if file.exists() or any(above.is_file() for above in file.parents):
            raise ArchiveRefused(f"{path} is in the archive twice")
        file.parent.mkdir(parents=True, exist_ok=True)
        size = 0
        with file.open("xb") as target:
            while chunk := content.read(_CHUNK_BYTES):  # whatever size it claims to have
                left -= len(chunk)
                size += len(chunk)
                if left < 0:
                    raise ArchiveRefused(f"its files are over {bounds.bytes // _MIB} MiB together")
                if size > bounds.file_bytes:
                    raise ArchiveRefused(f"{path} is over {bounds.file_bytes // _KIB} KiB")
                target.write(chunk)


def _list_members(source: IO[bytes], bounds: Bounds) -> Iterator[_Member]:
    if zipfile.is_zipfile(source):
        with zipfile.ZipFile(source) as opened:
            yield from _list_zip(opened)
    else:
        with _open_tar(source, bounds) as packed:
            yield from _list_tar(packed)


def _list_zip(opened: zipfile.ZipFile) -> Iterator[_Member]:
    for entry in opened.infolist():
        if not entry.is_dir() and (path := _checked(entry.filename)):
            mode = entry.external_attr >> 16
            if mode & 0o170000 not in (0, 0o100000):
                raise ArchiveRefused(f"{entry.filename} is no ordinary file")
            # Of the other methods some ask for as much memory as the archive says.
            if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise ArchiveRefused(f"{entry.filename} is packed in a way we do not read")
            with opened.open(entry) as content:
                yield _Member(path, content)


def _list_tar(packed: tarfile.TarFile) -> Iterator[_Member]:
    for member in packed:
        if not member.isdir() and (path := _checked(member.name)):
            packed_file = packed.extractfile(member) if member.isreg() else None
            if packed_file is None:
                raise ArchiveRefused(f"{member.name} is no ordinary file")
            yield _Member(path, packed_file)


def _open_tar(source: IO[bytes], bounds: Bounds) -> tarfile.TarFile:
    """Unpacked first, and no more of it than may be.

    tarfile itself would unpack whatever it skips, and take as much memory as a header says.
    """
    source.seek(0)
    magic = source.read(6)
    source.seek(0)
    plain: IO[bytes] | gzip.GzipFile | bz2.BZ2File = source
    if magic.startswith(b"\x1f\x8b"):
        plain = gzip.GzipFile(fileobj=source)
    elif magic.startswith(b"BZh"):
        plain = bz2.BZ2File(source)
    elif magic == b"\xfd7zXZ\0":
        raise ArchiveRefused("xz is not read here: pack it as tar.gz or zip")
    most = bounds.bytes + bounds.files * _TAR_BYTES
    content = plain.read(most + 1)
    if len(content) > most:
        raise ArchiveRefused(f"its files are over {bounds.bytes // _MIB} MiB together")
    try:
        return tarfile.open(fileobj=io.BytesIO(content), mode="r:")
    except tarfile.TarError as error:
        raise ArchiveRefused("this is neither a zip nor a tar file") from error


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
