"""Where packs lie: for the commands that read and write authors' files."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path


def list_pack_folders(directories: Iterable[Path | str]) -> Iterator[Path]:
    """Every folder with a pack.toml. A directory is a pack's own folder, or holds such."""
    for directory in map(Path, directories):
        files = [directory / "pack.toml", *sorted(directory.glob("*/pack.toml"))]
        yield from (file.parent for file in files if file.is_file())


def find_pack_folder(slug: str, directories: Iterable[Path | str]) -> Path | None:
    """The folder of the pack with that slug; its cards need not be right yet."""
    for folder in list_pack_folders(directories):
        try:
            matter = tomllib.loads((folder / "pack.toml").read_text("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError):
            continue
        if matter.get("slug") == slug:
            return folder
    return None
