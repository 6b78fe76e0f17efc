"""Scratch databases on a Postgres of our own: one role and one database per learner session."""

from sandbox.host.postgres.cluster import ClusterFailed
from sandbox.host.postgres.scratch import ScratchPostgres
from sandbox.host.postgres.slots import Slot

__all__ = ["ClusterFailed", "ScratchPostgres", "Slot"]
