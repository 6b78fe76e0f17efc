"""The files of learner sessions: one size-limited tmpfs each, kept between runs.

The supervisor never opens what is in them; it only has them made and dropped.
"""

from __future__ import annotations

import hashlib
import secrets
import shutil
import time
from pathlib import Path
from typing import Final

from sandbox.host.zygote import Zygote

MAX_SESSIONS: Final = 500


class SessionFiles:
    """One learner session's directory, as the jail names it; empty: the child's own."""

    def __init__(self, directory: str, disk_bytes: int = 0) -> None:
        self.directory = directory
        self.disk_bytes = disk_bytes
        self.seed_digest: str | None = None
        self.used_at = time.monotonic()

    def is_fresh_for(self, seed: str) -> bool:
        """Whether a run with this seed starts from an empty database; remembers the seed."""
        digest = hashlib.sha256(seed.encode()).hexdigest()
        fresh = digest != self.seed_digest
        self.seed_digest = digest
        return fresh


class Sessions:
    """Learner sessions by their key. In the laptop level the directories are plain ones."""

    def __init__(self, zygote: Zygote, laptop_root: Path | None) -> None:
        self._zygote = zygote
        self._laptop_root = laptop_root
        self._files: dict[str, SessionFiles] = {}

    def __len__(self) -> int:
        """How many learner sessions have files."""
        return len(self._files)

    async def get(self, session: str, disk_bytes: int) -> SessionFiles:
        """The session's files, made when it has none, of this size. Raises ZygoteFailed."""
        files = self._files.get(session)
        if files is None:
            if len(self._files) >= MAX_SESSIONS:
                self.drop(min(self._files, key=lambda key: self._files[key].used_at))
            files = SessionFiles(await self._make(disk_bytes), disk_bytes)
            self._files[session] = files
        elif files.disk_bytes != disk_bytes and self._laptop_root is None:
            await self._zygote.mount(files.directory, disk_bytes)
            # It may be as large as what is in it, until that is deleted: each run asks again.
            files.disk_bytes = -1
        files.used_at = time.monotonic()
        return files

    def drop(self, session: str) -> None:
        """Drop the session's files, if it has any."""
        files = self._files.pop(session, None)
        if files is None:
            return
        if self._laptop_root is None:
            self._zygote.unmount(files.directory)
        else:
            shutil.rmtree(files.directory, ignore_errors=True)

    def expire(self, idle_seconds: float) -> None:
        """Drop what nobody used for so long."""
        oldest = time.monotonic() - idle_seconds
        for session in [key for key, files in self._files.items() if files.used_at < oldest]:
            self.drop(session)

    async def _make(self, disk_bytes: int) -> str:
        name = secrets.token_hex(8)
        if self._laptop_root is not None:
            directory = self._laptop_root / name
            directory.mkdir(mode=0o700)
            return str(directory)
        await self._zygote.mount(name, disk_bytes)
        return name
