"""What a set-up is made of: steps that know when they are up to date."""

import hashlib
import subprocess
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMPS = VENV / "stamps"


class SetUpError(Exception):
    """A step failed. The message says what was found, where, and what to do."""


@dataclass(frozen=True)
class Step:
    """Work to do again when a source changed or a result is gone."""

    name: str
    sources: tuple[Path, ...]
    results: tuple[Path, ...]
    run: Callable[[], None]

    def do_if_due(self) -> None:
        """Run the step unless its stamp names the sources as they are."""
        stamp = STAMPS / self.name
        digest = digest_of(self.sources)
        if all(path.exists() for path in self.results) and read_if_there(stamp) == digest:
            return
        print(f"set-up: {self.name} ...", flush=True)
        start = time.monotonic()
        self.run()
        STAMPS.mkdir(exist_ok=True)
        stamp.write_text(digest)
        print(f"set-up: {self.name} done in {time.monotonic() - start:.1f} s", flush=True)


def digest_of(paths: Iterable[Path]) -> str:
    """One digest of these files' names and contents."""
    digest = hashlib.sha256()
    for path in paths:
        content = path.read_bytes()
        digest.update(f"{path.relative_to(ROOT)}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def read_if_there(path: Path) -> str:
    """The file's text; empty when there is none."""
    try:
        return path.read_text()
    except FileNotFoundError:
        return ""


def call(*command: str | Path, cwd: Path = ROOT, env: dict[str, str] | None = None) -> None:
    """Run a command whose output the person should see only when it fails."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    if done.returncode:
        line = " ".join(str(part) for part in command)
        raise SetUpError(f"`{line}` ended with {done.returncode} in {cwd}:\n{done.stdout}")
