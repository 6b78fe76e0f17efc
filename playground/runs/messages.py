"""What a page may send over its socket. Anything else is answered with a sentence."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec

from exercises.model import Cell
from sandbox.protocol import MAX_CODE_BYTES, Driver

MAX_MESSAGE_BYTES: Final = 6 * MAX_CODE_BYTES  # JSON may write one byte as six
MAX_ADDRESS_CHARACTERS: Final = 200
FORETOLD: Final = "predict-"
MAX_SENTENCE_CHARACTERS: Final = 400

_Slug = Annotated[str, msgspec.Meta(max_length=MAX_ADDRESS_CHARACTERS)]


class CellAddress(msgspec.Struct, frozen=True):
    """Which cell of which card."""

    pack: _Slug
    card: _Slug
    cell: _Slug


class RunCell(CellAddress, frozen=True, tag_field="action", tag="run"):
    """Run this code in the place of the cell's own; no ``workers``: in as many as the cell's."""

    code: str
    driver: Driver = ""
    workers: Literal["", "1", "2", "3", "4"] = ""  # a form sends texts

    def workers_of(self, cell: Cell) -> int:
        """In how many workers the cell is to run."""
        return int(self.workers or cell.workers)


class CheckAnswer(CellAddress, frozen=True, tag_field="action", tag="check"):
    """Judge this answer to an exercise: code, or what was foretold, by prediction.

    ``shown`` is what the page was given when it was shown: ``playground.progress.shown``.
    ``asked`` is the one prediction that a quiz asked for: what it shows is no attempt.
    """

    code: str = ""
    shown: Annotated[str, msgspec.Meta(max_length=MAX_ADDRESS_CHARACTERS)] = ""
    driver: Driver = ""
    foretold: dict[str, str] = {}
    asked: _Slug = ""


class StopCell(CellAddress, frozen=True, tag_field="action", tag="stop"):
    """Stop the cell's run."""


class ResetCell(CellAddress, frozen=True, tag_field="action", tag="reset"):
    """Drop the learner's scratch databases and files."""


class ResumeRun(CellAddress, frozen=True, tag_field="action", tag="resume"):
    """Show again a run that went on while the page's connection was lost."""

    run_id: _Slug


PageMessage = RunCell | CheckAnswer | StopCell | ResetCell | ResumeRun


class NotOurs(Exception):
    """A message that no page of ours sends; the text is for whoever reads it on the page."""


_decoder = msgspec.json.Decoder(PageMessage)


def decode(text: str | None) -> PageMessage:
    """The message. Raises NotOurs with a sentence that says what is wrong with it."""
    if text is None:
        raise NotOurs("The page sent bytes where it should send text. Reload the page.")
    if len(text) > MAX_MESSAGE_BYTES:
        raise NotOurs(_TOO_LONG)
    try:
        message: PageMessage = _decoder.decode(text)
    except (msgspec.MsgspecError, RecursionError) as error:
        why = str(error)[:200]
        raise NotOurs(f"The page sent something we do not know ({why}). Reload it.") from error
    if isinstance(message, CheckAnswer):
        message = msgspec.structs.replace(message, foretold=_foretold(text))
    if (
        isinstance(message, RunCell | CheckAnswer)
        and len(message.code.encode(errors="replace")) > MAX_CODE_BYTES
    ):
        raise NotOurs(_TOO_LONG)
    return message


def _foretold(text: str) -> dict[str, str]:
    """A form sends its fields side by side."""
    fields = msgspec.json.decode(text)
    named = {
        name.removeprefix(FORETOLD): value
        for name, value in fields.items()
        if name.startswith(FORETOLD)
    }
    return {name: value for name, value in named.items() if isinstance(value, str)}


_TOO_LONG = (
    f"Your code is longer than {MAX_CODE_BYTES // 1024} KiB, the most a cell may hold. "
    "Nothing was run; shorten it and run again."
)
