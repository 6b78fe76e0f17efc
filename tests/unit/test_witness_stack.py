"""Reading a stack in another process's memory: right where it makes sense, nothing elsewhere."""

from __future__ import annotations

import asyncio.base_events
import ctypes
import decimal
import os
import signal
from types import CodeType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.host.witness import stack
from sandbox.host.witness.layout import Layout, read_layout
from sandbox.host.witness.lines import find_line
from sandbox.host.witness.stack import Place, Stack
from sandbox.inside.zygote import _landmarks
from sandbox.protocol import Landmarks

CODE = """
def inner():
    wait()

def outer(number):
    return [inner() for _ in range(number)]

outer(1)
"""


def all_code(code: CodeType) -> list[CodeType]:
    found = [code]
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            found += all_code(constant)
    return found


@pytest.mark.parametrize("module", [asyncio.base_events, decimal, pytest])
def test_lines_are_those_of_the_interpreter(module: object) -> None:
    with open(str(module.__file__), encoding="utf-8") as file:  # type: ignore[attr-defined]
        codes = all_code(compile(file.read(), "<cell>", "exec"))
    for code in codes:
        for start, end, line in code.co_lines():
            for offset in range(start, end, 2):
                assert find_line(code.co_linetable, code.co_firstlineno, offset) == line
        assert find_line(code.co_linetable, code.co_firstlineno, len(code.co_code)) is None


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.binary(max_size=60), st.integers(-(2**31), 2**31), st.integers(-(2**48), 2**48))
def test_a_table_that_is_none_is_no_error(table: bytes, first_line: int, offset: int) -> None:
    line = find_line(table, first_line, offset)
    assert line is None or isinstance(line, int)


def look(landmarks: Landmarks, *, lines: int = 9) -> Place | None:
    """The place of a process that runs CODE and waits on line 3."""
    ready, started = os.pipe()
    pid = os.fork()
    if pid == 0:

        def wait() -> None:
            os.write(started, b"x")
            signal.pause()

        exec(  # noqa: S102 - our own constant
            compile(CODE, "<cell>", "exec"),
            {"wait": wait},
        )
    try:
        os.read(ready, 1)
        reader = Stack(pid, landmarks, lines)
        found = reader.find_place()
        reader.close()
        assert reader.find_place() is None
        return found
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(ready)
        os.close(started)


def test_the_innermost_line_of_the_cell() -> None:
    assert look(_landmarks()) == Place(3, "inner")


def test_a_line_that_the_cell_does_not_have_is_none_of_its_own() -> None:
    assert look(_landmarks(), lines=2) == Place()


def test_without_landmarks_nothing_is_read() -> None:
    assert look(Landmarks()) is None


def test_what_is_no_code_is_no_place() -> None:
    ours = _landmarks()
    assert look(Landmarks(ours.thread, ours.code_type + 8)) == Place()
    assert look(Landmarks(12345, ours.code_type)) is None
    assert look(Landmarks(2**63, ours.code_type)) is None


class Memory:
    """As hostile as it can be: every word of it is one of a few addresses within it."""

    def __init__(self, words: list[int]) -> None:
        self._raw = b"".join(word.to_bytes(8, "little") for word in words) * 40
        self.buffer = ctypes.create_string_buffer(self._raw, len(self._raw))
        base = ctypes.addressof(self.buffer)
        moved = [base + word % 4096 if word % 3 else word for word in words]
        raw = b"".join(word.to_bytes(8, "little") for word in moved) * 40
        ctypes.memmove(base, raw, len(raw))
        self.base = base


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(st.integers(0, 2**64 - 1), min_size=20, max_size=120), st.integers(0, 400))
def test_any_memory_is_read_within_bounds(words: list[int], start: int) -> None:
    memory = Memory(words)
    landmarks = Landmarks(memory.base + start, memory.base)
    reader = Stack(os.getpid(), landmarks, 5)
    place = reader.find_place()
    reader.close()
    if place is not None and place.line is not None:
        assert 1 <= place.line <= 5
        assert len(place.function) <= stack.MOST_FUNCTION_CHARACTERS


def test_an_endless_chain_of_frames_has_an_end() -> None:
    layout = read_layout()
    assert isinstance(layout, Layout)
    buffer = ctypes.create_string_buffer(layout.frame_size + layout.current_frame + 8)
    base = ctypes.addressof(buffer)
    for offset in (layout.current_frame, layout.previous):
        ctypes.memmove(base + offset, base.to_bytes(8, "little"), 8)
    reader = Stack(os.getpid(), Landmarks(base, id(CodeType)), 5)
    assert reader.find_place() == Place()
    reader.close()
