"""Requests to a cell's application from outside, and what the run left behind.

Whatever answers is hostile: bounded in bytes, pieces and time, and decoded here alone.
"""

from sandbox.host.driving.driver import Driver
from sandbox.host.driving.listeners import Listener, Listeners

__all__ = ["Driver", "Listener", "Listeners"]
