"""The outer wall: bubblewrap around the zygote, and which level of jail works on this host."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from sandbox.host.launch import Tree, launch
from sandbox.host.zygote import Zygote, ZygoteFailed
from sandbox.protocol import Layer, Level, Part, ZygoteSettings

SANDBOX_UID: Final = 64123
SERVER_UID: Final = 64124
MOST_TASKS: Final = 2048

_PYTHON, _SITE, _APP, _POSTGRES = "/opt/py", "/opt/site", "/opt/app/sandbox", "/pg"
_SYSTEM: Final = (
    "/usr/lib",
    "/usr/lib64",
    "/lib",
    "/lib64",
    "/usr/share/zoneinfo",
    "/etc/ld.so.cache",
    "/etc/mime.types",
)
# Not all of /dev: merely opening /dev/ptmx makes a terminal, and all children share their number.
_DEVICES: Final = [f"/dev/{name}" for name in ("null", "zero", "full", "random", "urandom")]
_READABLE: Final = [
    *["/usr", "/lib", "/lib64", "/opt", "/etc/ld.so.cache", "/etc/mime.types"],
    *[*_DEVICES, _POSTGRES],
]
_ISOLATION: Final = [
    *["--unshare-user", "--uid", "0", "--gid", "0"],
    *["--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"],
    *["--die-with-parent", "--new-session", "--clearenv"],
    *["--setenv", "LANG", "C.UTF-8", "--setenv", "TZ", "UTC", "--setenv", "MALLOC_ARENA_MAX", "2"],
]
# Each with its options, and those that stand in for them where the layer is left out.
_LAYERS: Final[dict[Layer, tuple[list[str], list[str]]]] = {
    "wall_files": ([], ["--ro-bind", "/etc", "/etc"]),
    "wall_proc": ([], ["--proc", "/proc"]),
    "wall_network": (["--unshare-net"], []),
    "wall_processes": (["--unshare-pid", "--as-pid-1"], []),
    "wall_capabilities": (
        ["--cap-drop", "ALL", "--cap-add", "CAP_SYS_ADMIN"],
        ["--cap-add", "ALL"],
    ),
    "wall_read_only": (["--remount-ro", "/"], []),  # the last: what comes after is read-only
}
_START: Final = (
    "import sys; sys.path[:0] = sys.argv[2:]; from sandbox.inside.zygote import main; main()"
)


class Walls:
    """Starts zygotes. Holds the places of this host that the wall shows, all read-only."""

    def __init__(
        self, run_directory: Path, without: frozenset[Part] = frozenset(), bubblewrap: str = ""
    ) -> None:
        """``bubblewrap`` is the path of a copy of it; else the one on PATH is taken."""
        self._without = without
        self._bubblewrap = bubblewrap
        self._run_directory = run_directory
        self._as_root = os.geteuid() == 0
        self._python = Path(sys.base_prefix)
        self._site = Path(sysconfig.get_path("purelib"))
        self._app = Path(__file__).resolve().parent.parent
        self.server_uid = SERVER_UID if self._as_root else None
        self.postgres_directory = run_directory / "pg"
        self.postgres_directory.mkdir(exist_ok=True)
        self.postgres_directory.chmod(0o711)  # the jail may connect, not look around
        self.secret_directory = run_directory / "secret"

    def scratch_path(self, directory: str) -> str:
        """Where a run finds its session's files: /scratch, or the directory itself (laptop)."""
        return directory if directory.startswith("/") else "/scratch"

    def laptop_sessions(self, level: Level) -> Path | None:
        """Where the laptop level keeps learner sessions' files; None in the full level."""
        if level == "full":
            return None
        place = self._run_directory / "sessions"
        place.mkdir(mode=0o700, exist_ok=True)
        return place

    async def raise_highest(self, level: Level | None) -> tuple[Zygote, list[str]]:
        """A zygote at ``level``, or at the highest that works; and what hindered a higher one.

        Raises ZygoteFailed when none works.
        """
        missing: list[str] = []
        if level != "laptop":
            try:
                return await self._start("full", self._full_command), missing
            except ZygoteFailed as error:
                missing.append(f"full: {error}")
                if level == "full":
                    raise ZygoteFailed(missing[0]) from error
        if self._as_root:
            raise ZygoteFailed("; ".join([*missing, "laptop: not as root, use another account"]))
        return await self._start("laptop", self._laptop_command), missing

    async def _start(self, level: Level, command: Callable[[int], list[str]]) -> Zygote:
        zygote = Zygote(level)
        await zygote.start(command)
        return zygote

    def _full_command(self, link: int) -> list[str]:
        """Launcher, then bubblewrap, then the zygote; ``{name}`` as the launcher places it."""
        binds: list[str] = []
        for path in _SYSTEM:
            binds += ["--ro-bind-try", path, path]
        shown = {"py": _PYTHON, "site": _SITE, "app": _APP, "pg": _POSTGRES}
        for name, target in shown.items():
            binds += ["--ro-bind", f"{{{name}}}", target]
        places = "--dev /dev --remount-ro /dev --tmpfs /sessions --dir /scratch --tmpfs /tmp"
        python = f"{_PYTHON}/bin/python{sys.version_info.major}.{sys.version_info.minor}"
        # A shared libpython carries the absolute path of its install, which is not in the wall.
        libraries = ["--setenv", "LD_LIBRARY_PATH", f"{_PYTHON}/lib"]
        settings = self._settings(link, "full", _READABLE)
        layers = [
            option
            for layer, (whole, lacking) in _LAYERS.items()
            for option in (lacking if layer in self._without else whole)
        ]
        program = [
            *[self._find_bubblewrap(), *_ISOLATION, *binds, *places.split(), *libraries, *layers],
            *_zygote_command(python, settings, ["/opt/app", _SITE]),
        ]
        trees = {
            "py": Tree(self._python),
            "site": Tree(self._site),
            "app": Tree(self._app),
            # The sockets keep their owner: id-mapping would take the right to connect away.
            "pg": Tree(self.postgres_directory, writable=True),
        }
        uid = SANDBOX_UID if self._as_root and "wall_user" not in self._without else None
        return launch(program, trees, uid=uid, most_tasks=MOST_TASKS)

    def _find_bubblewrap(self) -> str:
        path = shutil.which(self._bubblewrap or "bwrap")
        if path is None and self._bubblewrap:
            raise ZygoteFailed(f"no program at {self._bubblewrap}, the path given for bubblewrap")
        if path is None:
            raise ZygoteFailed("bubblewrap is not installed: install the package bubblewrap")
        return path

    def _settings(self, link: int, level: Level, readable: list[str]) -> ZygoteSettings:
        return ZygoteSettings(link=link, level=level, readable=readable, without=self._without)

    def _laptop_command(self, link: int) -> list[str]:
        """The zygote as an ordinary process: Landlock, seccomp and rlimits are all there is."""
        places = [self._python, self._site, self._app, self.postgres_directory]
        readable = [*_SYSTEM, *_DEVICES, *map(str, places)]
        settings = self._settings(link, "laptop", readable)
        paths = [str(self._app.parent), str(self._site)]
        return _zygote_command(sys.executable, settings, paths)


def _zygote_command(python: str, settings: ZygoteSettings, paths: list[str]) -> list[str]:
    return [python, "-I", "-S", "-c", _START, msgspec.json.encode(settings).decode(), *paths]
