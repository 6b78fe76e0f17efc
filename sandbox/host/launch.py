"""The command that starts a program behind the launcher."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NamedTuple

import msgspec


class Tree(NamedTuple):
    """A folder of this host that the program sees."""

    path: Path
    writable: bool = False


def launch(
    program: list[str], trees: dict[str, Tree], *, uid: int | None, most_tasks: int
) -> list[str]:
    """The command line: ``{name}`` in the program's arguments becomes the place of that tree.

    The program dies with the thread that starts it, so that must be the event loop's own.
    """
    spec = {
        "parent": os.getpid(),
        "uid": uid,
        "most_tasks": most_tasks,
        "trees": {
            name: {"path": str(tree.path), "writable": tree.writable}
            for name, tree in trees.items()
        },
    }
    launcher = Path(__file__).with_name("launcher.py")
    encoded = msgspec.json.encode(spec).decode()
    return [sys.executable, "-I", "-S", str(launcher), encoded, "--", *program]
