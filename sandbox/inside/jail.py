"""Entering the jail, in the child, in two halves: before its job is known, and once it is.

Holds no secrets. What each layer is for: SECURITY.md.
"""

from __future__ import annotations

import os
from typing import Final

from sandbox.inside import kernel, landlock, limits, seccomp
from sandbox.protocol import Job, Layer, ZygoteSettings

SESSIONS: Final = "/sessions"
SCRATCH: Final = "/scratch"
POSTGRES_SOCKETS: Final = "/pg"

_QUIET: Final = kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC
_TMP_OPTIONS: Final = "size=8m,nr_inodes=256,mode=0700"
_SHM: Final = "/dev/shm"  # noqa: S108 - the child's own tmpfs, for the locks of multiprocessing
_SHM_OPTIONS: Final = "size=1m,nr_inodes=64,mode=0700"
_NAMESPACES: Final[dict[Layer, int]] = {
    "mount_namespace": kernel.CLONE_NEWNS,
    "ipc_namespace": kernel.CLONE_NEWIPC,
    "uts_namespace": kernel.CLONE_NEWUTS,
}
_WRITABLE: Final = [SCRATCH, "/tmp", "/dev/null"]  # noqa: S108 - the child's own tmpfs


def session_options(disk_bytes: int) -> str:
    """tmpfs options of a learner session's files: bytes and inodes are both bounded."""
    return f"size={disk_bytes},nr_inodes=256,mode=0700"


def unmount_session(name: str) -> None:
    """In the zygote: drop a learner session's files."""
    target = f"{SESSIONS}/{name}"
    kernel.detach_mount(target)
    os.rmdir(target)


class Jail:
    """What confines a child, assembled once in the zygote and put up in each child."""

    def __init__(self, settings: ZygoteSettings) -> None:
        self.is_full = settings.level == "full"
        self._readable = settings.readable
        self._without = settings.without
        machine = os.uname().machine
        self._programs = {
            (forks, serves): seccomp.assemble(machine, may_fork=forks, may_serve=serves)
            for forks in (False, True)
            for serves in (False, True)
        }
        self.has_pid_namespace = self.is_full and self._has("pid_namespace")

    def mount_session(self, name: str, disk_bytes: int) -> None:
        """In the zygote: give a learner session its own tmpfs, or the one that it has another size.

        It is never smaller than what is in it: that can be read and deleted, and does not grow.
        """
        target = f"{SESSIONS}/{name}"
        if not os.path.isdir(target):
            os.mkdir(target, 0o700)
            self._mount_quota(target, session_options(disk_bytes))
        elif self._has("disk_quota"):
            there = os.statvfs(target)
            used_bytes = (there.f_blocks - there.f_bfree) * there.f_frsize
            options = session_options(max(disk_bytes, used_bytes))
            kernel.mount(None, target, None, kernel.MS_REMOUNT | _QUIET, options)

    def park(self) -> None:
        """First half, while the child waits for a job.

        1. Its own session, so that kill(0) reaches nobody else.
        2. Its own mount, IPC and UTS namespaces; mounts made by the zygote still arrive.
        3. A private /tmp.
        """
        if self._has("setsid"):
            os.setsid()
        if self.is_full:
            self._unshare()
        if self.is_full and self._has("private_tmp"):
            self._mount_quota("/tmp", _TMP_OPTIONS)  # noqa: S108

    def lock(self, job: Job) -> None:
        """Second half, with the job in hand; nothing of the learner's was touched before.

        1. The session's files become /scratch; the other sessions disappear. Where the code may
           fork, a small /dev/shm of its own.
        2. No Postgres socket unless the run has a database there.
        3. Not dumpable, then an empty user namespace: capabilities in the wall are gone for good.
        4. Resource limits, no capabilities, no new privileges.
        5. Landlock, then seccomp: after the last line only the listed system calls are left.
        """
        if self.is_full:
            self._mount_scratch(job)
        os.chdir(SCRATCH if self.is_full else job.session_directory)
        if self._has("not_dumpable"):
            kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
        if self.is_full and self._has("user_namespace"):
            kernel.unshare(kernel.CLONE_NEWUSER)
        if self._has("rlimits"):
            limits.apply(job.limits)
        if self._has("capabilities"):
            kernel.drop_capabilities()
        if self._has("no_new_privs"):
            kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
        if self._has("landlock"):
            self._confine_paths(job)
        if self._has("seccomp"):
            seccomp.install(self._programs[self._may_fork(job), job.serves])

    def _may_fork(self, job: Job) -> bool:
        """Only where a pid namespace ends with the run, and takes every fork with it."""
        return self.is_full and job.limits.process_count > 1

    def _has(self, layer: Layer) -> bool:
        return layer not in self._without

    def _unshare(self) -> None:
        kernel.unshare(sum(flag for layer, flag in _NAMESPACES.items() if self._has(layer)))
        if self._has("mount_namespace"):
            kernel.mount(None, "/", None, kernel.MS_REC | kernel.MS_SLAVE)

    def _mount_quota(self, target: str, options: str) -> None:
        quota = options if self._has("disk_quota") else None
        kernel.mount("tmpfs", target, "tmpfs", _QUIET, quota)

    def _mount_scratch(self, job: Job) -> None:
        if job.session_directory:
            source = f"{SESSIONS}/{job.session_directory}"
            kernel.mount(source, SCRATCH, None, kernel.MS_BIND)
        else:
            self._mount_quota(SCRATCH, session_options(job.limits.disk_bytes))
        if self._may_fork(job):
            self._mount_quota(_SHM, _SHM_OPTIONS)
        if self._has("hidden_sessions"):
            kernel.detach_mount(SESSIONS)
        if self._has("hidden_postgres") and not _has_postgres(job):
            kernel.detach_mount(POSTGRES_SOCKETS)

    def _confine_paths(self, job: Job) -> None:
        if landlock.version() == 0:
            raise OSError("this kernel has no Landlock")
        writable = _WRITABLE if self.is_full else [job.session_directory, "/dev/null"]
        if self._may_fork(job):
            writable = [*writable, _SHM]
        landlock.restrict(self._readable, writable)


def _has_postgres(job: Job) -> bool:
    return job.environment.get("DSN", "").startswith("postgresql")
