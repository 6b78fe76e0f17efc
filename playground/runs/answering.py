"""Whether a worker answers: asked on its own channel, it asks its supervisor before it says so."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from channels.layers import get_channel_layer

from playground.runs.placing import channel_of, get_placing

ANSWER_SECONDS: Final = 3.0


async def ask_worker() -> str:
    """The level of the jail of the idlest worker.

    Raises NoWorker, TimeoutError, and what is raised where Redis is out of reach.
    """
    return await asyncio.wait_for(_ask(), ANSWER_SECONDS)


async def _ask() -> str:
    layer: Any = get_channel_layer()
    reply = await layer.new_channel()
    worker = await get_placing().place("")
    await layer.send(channel_of(worker), {"type": "worker.ask", "reply": reply})
    answer: dict[str, str] = await layer.receive(reply)
    return answer["level"]


async def ask_channel_layer() -> None:
    """Send ourselves a message, and wait for it. Raises as ``ask_worker`` does."""
    layer: Any = get_channel_layer()
    own = await layer.new_channel()
    await layer.send(own, {"type": "echo"})
    await asyncio.wait_for(layer.receive(own), ANSWER_SECONDS)
