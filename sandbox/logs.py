"""How a line of the log looks, the same in web process, worker and supervisor.

Each line says which run it is about; none tells a secret.
"""

from __future__ import annotations

import json
import logging
import re
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Final, Literal

Format = Literal["plain", "json"]
FORMATS: Final[tuple[Format, ...]] = ("plain", "json")
MASK: Final = "***"

_run_id: ContextVar[str] = ContextVar("run_id", default="")
# Passwords in addresses; then what opens something by being known: links to share, join, reset.
_SECRETS: Final = (
    re.compile(r"(?<=://)[^/\s@'\"]*:[^/\s@'\"]*(?=@)"),
    re.compile(r"(?<=/r/)[\w-]{8,}|(?<=/embed/)[\w-]{8,}|(?<=/unsubscribe/)[\w:-]{8,}"),
    re.compile(r"(?<=/join/)[\w-]{8,}|(?<=/reset/key/)[^/\s'\"]+"),
    re.compile(r"(?i)(?<=password=)[^\s&;,'\"]+|(?<=token=)[^\s&;,'\"]+|(?<=bearer )[^\s'\"]+"),
)


@contextmanager
def about_run(run_id: str) -> Iterator[None]:
    """Every line logged inside, by tasks begun there as well, carries this id."""
    token = _run_id.set(run_id)
    try:
        yield
    finally:
        _run_id.reset(token)


class Formatter(logging.Formatter):
    """One line of text, or one JSON object a line; ``secrets`` are never told, wherever they stand.

    JSON has ``at`` (UTC), ``level``, ``logger``, ``message``, ``process``, and where there is one
    ``run_id`` and ``error``, the traceback.
    """

    def __init__(self, shape: Format = "plain", secrets: Iterable[str] = ()) -> None:
        """Secrets of fewer than six signs are too common to be looked for."""
        super().__init__("%(levelname)s %(name)s: %(message)s")
        self._is_json = shape == "json"
        self._secrets = [secret for secret in secrets if len(secret) >= 6]

    def format(self, record: logging.LogRecord) -> str:
        """The whole line, masked."""
        return self._format_json(record) if self._is_json else self._format_plain(record)

    def _format_plain(self, record: logging.LogRecord) -> str:
        run_id = _run_id.get()
        text = self.mask(super().format(record))
        # Not where the message names it already.
        return f"{text} run={run_id}" if run_id and run_id not in text else text

    def _format_json(self, record: logging.LogRecord) -> str:
        told = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": self.mask(record.getMessage()),
            "process": record.process,
        }
        if run_id := _run_id.get():
            told["run_id"] = run_id
        if record.exc_info and record.exc_info[0]:
            told["error"] = self.mask("".join(traceback.format_exception(*record.exc_info)))
        return json.dumps(told, ensure_ascii=False)

    def mask(self, text: str) -> str:
        """The text without what must not be known."""
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        for pattern in _SECRETS:
            text = pattern.sub(MASK, text)
        return text


def configure(shape: Format) -> None:
    """For a process without Django: everything to stderr; with JSON each run's end as well."""
    handler = logging.StreamHandler()
    handler.setFormatter(Formatter(shape))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("sandbox").setLevel(level_of(shape))


def level_of(shape: Format) -> int:
    """People read what is out of the ordinary; programs count every run."""
    return logging.DEBUG if shape == "json" else logging.INFO
