"""An author's files: read, parsed, and refused where they would be left out in silence."""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Container
from pathlib import Path
from typing import Final

from exercises.front_matter import PackError, read_text
from sandbox.protocol import MAX_CODE_BYTES

SLUG: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
NUMBERED: Final = re.compile(r"(\d\d)-([a-z0-9]+(?:-[a-z0-9]+)*)")
NOTHING: Final = re.compile("(?!)")


def read_code(file: Path) -> str:
    """A Python file that compiles as a cell does. Raises PackError with its line."""
    code = read_text(file)
    if len(code.encode()) > MAX_CODE_BYTES:
        raise PackError(file, 0, f"the code is over {MAX_CODE_BYTES} bytes")
    flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    try:
        compile(code, file.name, "exec", flags, dont_inherit=True)
    except SyntaxError as error:
        raise PackError(file, error.lineno or 0, error.msg) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise PackError(file, 0, f"the code cannot be parsed: {error!r}") from error
    return code


def refuse_strangers(
    folder: Path, files: Container[str], folders: re.Pattern[str] = NOTHING
) -> None:
    """A misspelt or unlisted file would otherwise be left out in silence."""
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name.startswith(".") or path.name == "__pycache__":
            continue
        if path.is_dir() and not folders.fullmatch(path.name):
            raise PackError(path, 0, "no such folder belongs here")
        if path.is_file() and path.name not in files:
            raise PackError(path, 0, "no such file belongs here, or it is not listed")


def refuse_twins(file: Path, what: str, values: list[str]) -> None:
    """Names are given once."""
    for value in values:
        if values.count(value) > 1:
            raise PackError(file, 0, f"the {what} {value!r} is given twice")


def list_numbered(folder: Path) -> list[Path]:
    """The folders named NN-slug, in order."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if NUMBERED.fullmatch(path.name))


def digest_of(*texts: str) -> str:
    """sha256 over the texts, each with its length so that no two splits are alike."""
    total = hashlib.sha256()
    for text in texts:
        content = text.encode()
        total.update(len(content).to_bytes(8, "big") + content)
    return total.hexdigest()
