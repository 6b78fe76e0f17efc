"""What is seen of a run from outside: by the supervisor's clock, the kernel and the server.

Whatever a child writes here is hostile text and changes no figure but those it can make worse.
"""

from sandbox.host.witness.heartbeat import Heartbeat, Pacer
from sandbox.host.witness.record import Record, Seen

__all__ = ["Heartbeat", "Pacer", "Record", "Seen"]
