"""The baseline of throughput: a cold interpreter in bubblewrap, importing the same libraries."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path


def run_cold(code: str) -> None:
    """One run as a runner without a zygote would make it; raises when the code fails."""
    program = shutil.which("bwrap")
    if program is None:
        raise FileNotFoundError("bubblewrap is not installed: install the package bubblewrap")
    with tempfile.TemporaryDirectory() as directory:
        names = f"DATABASE_URL = 'sqlite+aiosqlite:///{directory}/cold.db'\n"
        site = sysconfig.get_path("purelib")
        command = [
            *[program, "--ro-bind", "/", "/", "--bind", directory, directory, "--dev", "/dev"],
            *["--unshare-all", "--die-with-parent", "--new-session", "--clearenv"],
            *[sys.executable, "-I", "-S", "-c"],
            f"import sys; sys.path.insert(0, {site!r})\n{names}{code}",
        ]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=Path(directory))
