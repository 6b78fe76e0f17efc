"""Gives up root before a wall is built: ``python -I -S launcher.py SPEC -- /PROGRAM [ARG ...]``.

SPEC is JSON: ``parent`` (the pid to die with), ``uid`` (null keeps the caller's), ``most_tasks``
(RLIMIT_NPROC of a new uid), ``trees``: name -> ``{"path": ..., "writable": bool}``. ``{name}`` in
an argument becomes the place of that tree.
Runs alone, as a short process of its own, so that nothing of ours is left in it:

1. Import everything: after step 5 the interpreter's own files may be out of reach.
2. A private mount namespace, then a detached clone of each tree; parents closed to others,
   such as a 0700 home, do not matter to a clone.
3. Clones are read-only unless said otherwise, and show root's files as the target user's own
   where the kernel and file system can map ids.
4. The clones are attached below a small tmpfs that exists in this namespace only.
5. No groups, the target user, an empty bounding set, no new privileges.
6. The limit on tasks, counted for that user; then the program.

Whoever started it may die at any moment: every process here dies with its parent, from its first
line on, and says so again after step 5, which makes the kernel forget.
"""

import ctypes
import json
import os
import resource
import signal
import struct
import sys
from typing import Any

CLONE_NEWNS, CLONE_NEWUSER = 0x0002_0000, 0x1000_0000
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_RDONLY = 2, 4, 8, 1
MS_REMOUNT, MS_REC, MS_PRIVATE = 32, 16384, 1 << 18
OPEN_TREE, MOVE_MOUNT, MOUNT_SETATTR = 428, 429, 442
AT_FDCWD, AT_EMPTY_PATH, AT_RECURSIVE = -100, 0x1000, 0x8000
OPEN_TREE_CLONE, MOVE_MOUNT_F_EMPTY_PATH = 1, 4
ATTR_RDONLY, ATTR_NOSUID, ATTR_NODEV, ATTR_IDMAP = 1, 2, 4, 0x0010_0000
PR_SET_PDEATHSIG, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 1, 24, 38

libc = ctypes.CDLL(None, use_errno=True)


def checked(result: int, call: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{call}: {os.strerror(number)}")
    return result


def die_with(parent: int) -> None:
    checked(libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "die with the parent")
    if os.getppid() != parent:  # it died before that line
        os._exit(1)


def mount(source: bytes, target: bytes, kind: bytes, flags: int, options: bytes = b"") -> None:
    result = libc.mount(source, target, kind, ctypes.c_ulong(flags), options)
    checked(result, f"mount {target.decode()}")


def clone_tree(path: str) -> int:
    flags = OPEN_TREE_CLONE | os.O_CLOEXEC | AT_RECURSIVE
    return checked(libc.syscall(OPEN_TREE, AT_FDCWD, path.encode(), flags), f"open_tree {path}")


def set_attributes(tree: int, attributes: int, user_namespace: int = 0) -> None:
    packed = struct.pack("QQQQ", attributes, 0, 0, user_namespace)
    flags = AT_EMPTY_PATH | AT_RECURSIVE
    checked(libc.syscall(MOUNT_SETATTR, tree, b"", flags, packed, len(packed)), "mount_setattr")


def root_as(uid: int) -> int:
    """A descriptor of a user namespace that maps root's ids to ``uid``."""
    read_end, write_end = os.pipe()
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        die_with(parent)
        os.write(write_end, b"x" if libc.unshare(CLONE_NEWUSER) == 0 else b"")
        os.close(write_end)
        signal.pause()
    os.close(write_end)
    try:
        if not os.read(read_end, 1):
            raise OSError("the kernel refuses root a user namespace, as it does in a chroot")
        for name in ("uid_map", "gid_map"):
            with open(f"/proc/{child}/{name}", "w", encoding="ascii") as file:
                file.write(f"0 {uid} 1")
        return os.open(f"/proc/{child}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(read_end)


def make_read_only(tree: int, user_namespace: int) -> None:
    attributes = ATTR_RDONLY | ATTR_NOSUID | ATTR_NODEV
    try:
        set_attributes(tree, attributes | ATTR_IDMAP, user_namespace)
    except OSError:
        # No id mapping on this file system: files must then be readable by others.
        set_attributes(tree, attributes)


def attach(trees: dict[str, int]) -> dict[str, str]:
    """Attach the clones below a tmpfs of our own; their new paths."""
    place = next(path for path in ("/mnt", "/run", "/tmp") if os.path.isdir(path))  # noqa: S108
    quiet = MS_NOSUID | MS_NODEV | MS_NOEXEC
    mount(b"tmpfs", place.encode(), b"tmpfs", quiet, b"size=64k,nr_inodes=64,mode=0711")
    paths = {}
    for name, tree in trees.items():
        paths[name] = f"{place}/{name}"
        os.mkdir(paths[name])
        target = paths[name].encode()
        moved = libc.syscall(MOVE_MOUNT, tree, b"", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH)
        checked(moved, f"move_mount {name}")
        os.close(tree)
    mount(b"tmpfs", place.encode(), b"tmpfs", quiet | MS_REMOUNT | MS_RDONLY)
    return paths


def show_trees(trees: dict[str, Any], uid: int) -> dict[str, str]:
    checked(libc.unshare(CLONE_NEWNS), "unshare")
    mount(b"none", b"/", b"", MS_REC | MS_PRIVATE)
    user_namespace = root_as(uid)
    clones = {}
    for name, tree in trees.items():
        clones[name] = clone_tree(tree["path"])
        if tree["writable"]:
            set_attributes(clones[name], ATTR_NOSUID | ATTR_NODEV)
        else:
            make_read_only(clones[name], user_namespace)
    os.close(user_namespace)
    return attach(clones)


def become(uid: int) -> None:
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    for capability in range(64):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    os.setresuid(uid, uid, uid)


def placed(argument: str, paths: dict[str, str]) -> str:
    for name, path in paths.items():
        argument = argument.replace(f"{{{name}}}", path)
    return argument


def main() -> None:
    spec = json.loads(sys.argv[1])
    die_with(spec["parent"])
    if sys.argv[2] != "--":
        raise SystemExit("usage: launcher.py SPEC -- PROGRAM [ARG ...]")
    if spec["uid"] is None:
        paths = {name: tree["path"] for name, tree in spec["trees"].items()}
    else:
        paths = show_trees(spec["trees"], spec["uid"])
        become(spec["uid"])
        die_with(spec["parent"])
        resource.setrlimit(resource.RLIMIT_NPROC, (spec["most_tasks"], spec["most_tasks"]))
    checked(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    os.chdir("/")
    program = [placed(argument, paths) for argument in sys.argv[3:]]
    os.execv(program[0], program)  # noqa: S606 - execvp would import what is out of reach by now


if __name__ == "__main__":
    main()
