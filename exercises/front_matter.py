"""The authors' TOML, checked against its schema; every error names file and line."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Final

import msgspec

FENCE: Final = "+++"


class PackError(Exception):
    """A pack cannot be used as it is: ``file``, ``line`` (from 1; 0 is the whole file), why."""

    def __init__(self, file: Path, line: int, message: str) -> None:
        super().__init__(f"{file}:{line}: {message}")
        self.file = file
        self.line = line
        self.message = message


def read[T](file: Path, text: str, kind: type[T], first_line: int = 1) -> T:
    """The TOML as a ``kind``. ``first_line`` is where ``text`` begins in ``file``."""
    try:
        return msgspec.convert(tomllib.loads(text), kind)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        line = int(found[1]) if found else len(text.splitlines()) or 1
        raise PackError(file, first_line + line - 1, str(error)) from error
    except msgspec.ValidationError as error:
        line = _line_of(text, str(error))
        raise PackError(file, first_line + line - 1, str(error)) from error


def split(file: Path, text: str) -> tuple[str, str]:
    """The front matter and the Markdown after it."""
    lines = text.splitlines(keepends=True)
    if not lines or lines[0].strip() != FENCE:
        raise PackError(file, 1, f"the file must begin with a line {FENCE}")
    for number, line in enumerate(lines[1:], start=1):
        if line.strip() == FENCE:
            return "".join(lines[1:number]), "".join(lines[number + 1 :])
    raise PackError(file, len(lines), f"the front matter has no closing line {FENCE}")


def line_of_key(text: str, key: str, start: int = 0) -> int:
    """The line, from 1, of the first ``key`` in ``text`` after ``start`` lines."""
    pattern = re.compile(rf"^[\s\[{{]*{re.escape(key)}\b|[{{,\[]\s*{re.escape(key)}\s*=")
    for number, line in enumerate(text.splitlines(), start=1):
        if number > start and pattern.search(line):
            return number
    return start or 1


def read_text(file: Path) -> str:
    """The whole file. Raises PackError when it is missing or not UTF-8."""
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise PackError(file, 0, "the file is missing") from error
    except UnicodeDecodeError as error:
        raise PackError(file, 0, f"the file is not UTF-8: {error}") from error


def line_of_table(text: str, name: str, index: int) -> int:
    """The line, from 1, of the ``index``-th ``[[name]]`` header, or of the key ``name``."""
    lines = text.splitlines()
    headers = [n for n, line in enumerate(lines, start=1) if line.strip() == f"[[{name}]]"]
    return headers[index] if index < len(headers) else line_of_key(text, name)


def line_of_text(text: str, wanted: str, start: int) -> int:
    """The line, from 1, of the first ``wanted`` after ``start`` lines; ``start`` without one."""
    for number, line in enumerate(text.splitlines(), start=1):
        if number > start and wanted in line:
            return number
    return start


def _line_of(text: str, complaint: str) -> int:
    """msgspec names a path and perhaps an unknown field; find the line nearest to them."""
    path = re.search(r"at `\$\.?([^`]*)`", complaint)
    line = 0
    for name, index in re.findall(r"(\w+)(?:\[(\d+)\])?", path[1] if path else ""):
        line = line_of_table(text, name, int(index)) if index else line_of_key(text, name, line)
    unknown = re.search(r"unknown field `([^`]*)`", complaint)
    return line_of_key(text, unknown[1], line) if unknown else line or 1
