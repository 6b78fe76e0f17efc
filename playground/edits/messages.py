"""What a page sends of an edit. Whatever else comes is refused with a sentence."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec

from sandbox.protocol import MAX_CODE_BYTES

MOST_SET_ASIDE: Final = 5  # in one place
MAX_MESSAGE_BYTES: Final = 6 * MAX_CODE_BYTES * (1 + MOST_SET_ASIDE)  # JSON may write 1 byte as 6
TOO_LONG: Final = (
    f"This is longer than {MAX_CODE_BYTES // 1024} KiB, the most a cell may hold, "
    "so it is kept in this browser alone."
)

_Count = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
_Name = Annotated[str, msgspec.Meta(max_length=32)]


class Aside(msgspec.Struct, frozen=True):
    """What the page put aside since it last told."""

    text: str
    why: Literal["reset", "opened", "taken", "sign-in"]


class Save(msgspec.Struct, frozen=True):
    """The text of a place, over the version ``seen``; 0: it had none.

    ``owner``: whose page it is, see ``queries.name_owner``. ``settled``: ids of what was set aside
    and is not wanted any more.
    """

    owner: str
    text: str
    seen: _Count
    writer: _Name
    number: _Count
    base: Annotated[str, msgspec.Meta(max_length=64)] = ""
    set_aside: Annotated[list[Aside], msgspec.Meta(max_length=MOST_SET_ASIDE)] = []
    settled: Annotated[list[_Count], msgspec.Meta(max_length=50)] = []


class NotOurs(Exception):
    """What no page of ours sends."""


class TooLong(Exception):
    """More than a cell may hold."""


_decoder = msgspec.json.Decoder(Save)


def decode(body: bytes) -> Save:
    """The message. Raises NotOurs and TooLong."""
    if len(body) > MAX_MESSAGE_BYTES:
        raise TooLong
    try:
        message = _decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise NotOurs(str(error)[:200]) from error
    for text in (message.text, *(each.text for each in message.set_aside)):
        if len(text.encode(errors="replace")) > MAX_CODE_BYTES:
            raise TooLong
    return message
