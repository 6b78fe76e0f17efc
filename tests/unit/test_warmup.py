"""After a rehearsal nothing of it runs on: a fork would lose it, and a jail would not hold it."""

from __future__ import annotations

import threading
import time

import pytest

from sandbox.inside import practice, warmup


def test_a_thread_that_is_about_to_end_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    late = threading.Thread(target=time.sleep, args=(0.3,), daemon=True)

    async def leave_a_thread(_: str) -> None:
        late.start()

    monkeypatch.setattr(practice, "run", leave_a_thread)
    monkeypatch.setattr(warmup, "THREAD_SECONDS", 2)
    warmup.rehearse()
    assert not late.is_alive()
