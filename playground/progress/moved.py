"""Tells whoever listens that a learner moved: read a card, ran a cell of it, or tried an exercise.

Sent once it is sure to be kept. A listener that fails takes nothing back.
"""

from __future__ import annotations

from django.db import transaction
from django.dispatch import Signal

moved = Signal()  # learner: a digest; pack, card: slugs


def tell_moved(learner: str, pack: str, card: str) -> None:
    """At the end of the transaction, if it comes to a good one."""
    transaction.on_commit(
        lambda: moved.send_robust(sender=None, learner=learner, pack=pack, card=card)
    )
