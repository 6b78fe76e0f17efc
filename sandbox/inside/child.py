"""One forked child: park, receive one job, lock the jail, run the cell, die.

1. Move the descriptors to their places and close everything else.
2. Park: the half of the jail that needs no job.
3. Wait for the job on the child's own socket; when none comes at once, rehearse meanwhile.
4. Lock the jail; report ``locked`` over the same socket.
5. Apply the seed, then close the socket: the other workers of the run wait for that.
6. Run the cell; report how it ended on the telemetry pipe; exit. Or, with no code of a learner,
   read what a run left in its database.
"""

from __future__ import annotations

import os
import select
import signal
import socket
from os import _exit
from typing import Final, NoReturn

import msgspec

from sandbox.inside import cell, heartbeat, reading, warmup
from sandbox.inside.jail import Jail
from sandbox.protocol import CUES, LISTENER, Job

JOB, TELEMETRY = 3, 4
_HANDED: Final = (LISTENER, CUES)  # in the order in which they come with the job
_FIRST_FREE: Final = 5
_SETUP_FAILED: Final = 70
_BROKEN: Final = 1
REHEARSE_AFTER_SECONDS: Final = 0.2
_job_decoder: Final = msgspec.msgpack.Decoder(Job)


def live(descriptors: list[int], jail: Jail) -> NoReturn:
    """The whole life of a child. Never returns, whatever happens."""
    try:
        _place(descriptors)
        jail.park()
        job_socket = socket.socket(fileno=JOB)
        _rehearse_if_idle(job_socket, jail)
        job = _receive(job_socket)
        jail.lock(job)
        job_socket.sendall(b"locked")
    except BaseException as error:
        os.write(2, f"sandbox: {error!r}\n".encode())
        os._exit(_SETUP_FAILED)
    _reset_signals()
    try:
        if job.calibrates:
            reading.run(job, TELEMETRY)
        cell.run(job, TELEMETRY, on_seeded=job_socket.close)
    finally:
        # A cell that broke what reports its end: nothing above us on the stack is for it to see.
        _exit(_BROKEN)


def _place(descriptors: list[int]) -> None:
    """Job socket, stdout, stderr, telemetry -> 3, 1, 2, 4, the heartbeat's far above;
    stdin reads nothing.
    """
    high = [os.dup2(descriptor, 100 + place) for place, descriptor in enumerate(descriptors)]
    job, stdout, stderr, telemetry, *heart = high
    null = os.open("/dev/null", os.O_RDONLY)
    for source, target in ((null, 0), (stdout, 1), (stderr, 2)):
        os.dup2(source, target, inheritable=True)
    kept = (JOB, TELEMETRY, *heartbeat.DESCRIPTORS)
    for source, target in zip((job, telemetry, *heart), kept, strict=True):
        os.dup2(source, target, inheritable=False)
    os.closerange(_FIRST_FREE, min(heartbeat.DESCRIPTORS))
    os.closerange(max(heartbeat.DESCRIPTORS) + 1, 1024)


def _rehearse_if_idle(job_socket: socket.socket, jail: Jail) -> None:
    """Pay for copied pages and cold caches now: it takes a third off an ORM cell's first output.

    Not under load, when a child is taken long before. The rehearsal's threads are gone before the
    jail is locked, as a lock binds the thread it is called on; at level full the kernel refuses an
    empty user namespace to a process with a second thread.
    """
    if jail.is_full and not select.select([job_socket], [], [], REHEARSE_AFTER_SECONDS)[0]:
        warmup.rehearse()


def _receive(job_socket: socket.socket) -> Job:
    head, handed, _, _ = socket.recv_fds(job_socket, 4, len(_HANDED), socket.MSG_WAITALL)
    for source, target in zip(handed, _HANDED, strict=False):  # none, or all
        os.dup2(source, target, inheritable=False)
        os.close(source)
    with job_socket.makefile("rb") as stream:
        size = int.from_bytes(head, "big")
        if size == 0:
            os._exit(0)  # the supervisor is gone, or needs this child no more
        return _job_decoder.decode(stream.read(size))


def _reset_signals() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
