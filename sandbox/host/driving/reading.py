"""Hears what a child of our own found in the database that a run left behind."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from typing import Annotated, Final

import msgspec

from sandbox.host.zygote import Child
from sandbox.protocol import (
    LARGEST_FIGURE,
    MAX_READ_ROWS,
    NOT_READ,
    Job,
    Limits,
    Read,
    Rows,
    Scalar,
)

READ_SECONDS: Final = 8.0
MOST_FRAME_BYTES: Final = 1024 * 1024
MOST_BYTES: Final = 6 * 1024 * 1024
MOST_COLUMNS: Final = 40
_PIECE_BYTES: Final = 64 * 1024

_log = logging.getLogger(__name__)

# It runs our code, but on a learner's database: what it says is as hostile as that.
_Text = Annotated[str, msgspec.Meta(max_length=2000)]
_Row = Annotated[list[_Text | int | float | None], msgspec.Meta(max_length=MOST_COLUMNS)]


class _Found(msgspec.Struct, tag="rows"):
    name: _Text
    columns: Annotated[list[_Text], msgspec.Meta(max_length=MOST_COLUMNS)] = []
    rows: Annotated[list[_Row], msgspec.Meta(max_length=MAX_READ_ROWS)] = []
    problem: _Text = ""


_calibration_decoder: Final = msgspec.msgpack.Decoder(
    Annotated[int, msgspec.Meta(ge=0, le=LARGEST_FIGURE)]
)
_rows_decoder: Final = msgspec.msgpack.Decoder(_Found)


async def read(
    begin: Callable[[Job], Awaitable[Child]],
    environment: dict[str, str],
    session_directory: str,
    reads: list[Read],
) -> tuple[int, list[Rows]]:
    """Calibration and rows, as ``hear`` tells them, by a child that ``begin`` gives its job.

    Raises ZygoteFailed.
    """
    job = Job("", environment, session_directory, Limits(), reads=reads, calibrates=True)
    child = await begin(job)
    try:
        return await hear(child, reads)
    finally:
        child.kill()
        child.close()


async def hear(child: Child, reads: list[Read]) -> tuple[int, list[Rows]]:
    """Its calibration in microseconds, and the rows of every read in order.

    What it does not say in time, or in no way it should, is missing: a read then has a problem.
    """
    said = bytearray()
    try:
        await asyncio.wait_for(_hear_all(child, said), READ_SECONDS)
    except TimeoutError:
        _log.warning("a database was not read within %s s", READ_SECONDS)
    return understand(split(bytes(said)), reads)


def understand(frames: list[bytes], reads: list[Read]) -> tuple[int, list[Rows]]:
    """The same of what it said, frame by frame."""
    calibration_us, found = 0, list[Rows]()
    try:
        if frames:
            calibration_us = _calibration_decoder.decode(frames[0])
        for read, frame in zip(reads, frames[1:], strict=False):
            rows = _rows_decoder.decode(frame)
            found.append(Rows(read.name, rows.columns, _convert(rows.rows), rows.problem))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        _log.warning("a child that reads said what it never says: %r", error)
    found += [Rows(read.name, problem=NOT_READ) for read in reads[len(found) :]]
    return calibration_us, found


def _convert(rows: list[_Row]) -> list[list[Scalar]]:
    return [list(row) for row in rows]


async def _hear_all(child: Child, said: bytearray) -> None:
    loop = asyncio.get_running_loop()
    ended = loop.create_future()

    def on_piece() -> None:
        try:
            piece = os.read(child.telemetry, _PIECE_BYTES)
        except BlockingIOError:
            return
        said.extend(piece)
        if not piece or len(said) > MOST_BYTES:
            loop.remove_reader(child.telemetry)
            ended.set_result(None)

    loop.add_reader(child.telemetry, on_piece)
    try:
        await ended
    finally:
        loop.remove_reader(child.telemetry)


def split(said: bytes) -> list[bytes]:
    """The frames that are whole, up to one that is too large."""
    frames, start = list[bytes](), 0
    while start + 4 <= len(said):
        size = int.from_bytes(said[start : start + 4], "big")
        if size > MOST_FRAME_BYTES or start + 4 + size > len(said):
            break
        frames.append(said[start + 4 : start + 4 + size])
        start += 4 + size
    return frames
