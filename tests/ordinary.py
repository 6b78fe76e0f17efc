"""Commands run as an ordinary user, when the tests themselves run as root."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ORDINARY_UID = "12345"


def list_closed(paths: list[Path]) -> dict[Path, list[Path]]:
    """Folders that only their owner may enter, with those of ``paths`` that lie below them."""
    closed: dict[Path, list[Path]] = {}
    for path in paths:
        for parent in reversed(path.parents):
            if not parent.stat().st_mode & 0o001:
                closed.setdefault(parent, []).append(path)
                break
    return closed


def as_ordinary_user(*command: str) -> list[str]:
    """The command as it stands, or from root through a view of the files that others may enter."""
    if os.geteuid() != 0:
        return list(command)
    lines = ["set -e"]
    for folder, below in list_closed([Path(sys.base_prefix), ROOT]).items():
        for number, path in enumerate(below):
            lines += [f"mkdir /dev/shm/{number}", f"mount --bind {path} /dev/shm/{number}"]
        lines += [f"mount -t tmpfs -o mode=755 none {folder}"]
        for number, path in enumerate(below):
            lines += [f"mkdir -p {path}", f"mount --move /dev/shm/{number} {path}"]
    ids = [f"--reuid={ORDINARY_UID}", f"--regid={ORDINARY_UID}", "--clear-groups"]
    lines += [f'exec setpriv {" ".join(ids)} env HOME=/tmp "$@"']
    hidden = ["mount -t tmpfs none /dev/shm", *lines]
    return ["unshare", "--mount", "sh", "-c", "\n".join(hidden), "sh", *command]
