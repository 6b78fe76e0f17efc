"""Frames a child writes on its telemetry pipe, beside those of the probe."""

from __future__ import annotations

import os
from typing import Any

from sandbox.protocol import encode_frame


def send(descriptor: int, kind: str, fields: dict[str, Any]) -> None:
    """One event in a frame of its own; silently nothing when the learner closed the pipe."""
    frame = encode_frame([[kind, 0, fields]])
    try:
        while frame:
            frame = frame[os.write(descriptor, frame) :]
    except OSError:
        return
