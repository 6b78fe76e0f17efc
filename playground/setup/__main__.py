"""`python3 -m playground.setup play|test`: do what is missing, and nothing else."""

from __future__ import annotations  # an older Python must get as far as the message below

import os
import shutil
import subprocess
import sys

OLDEST = (3, 12)
CANDIDATES = ("python3.13", "python3.14", "python3.12", "python3")


def main(argv: list[str]) -> int:
    """Exit 0 when the checkout is ready for ``argv[0]``, 1 when not, 2 on wrong usage."""
    if argv not in (["play"], ["test"]):
        print("usage: python3 -m playground.setup play|test", file=sys.stderr)
        return 2
    if sys.version_info[:2] < OLDEST:
        return start_again_with_newer_python()

    # Only now: an older Python may not be able to read these modules.
    from playground.setup.checkout import prepare
    from playground.setup.steps import SetUpError

    try:
        prepare(argv[0])
    except SetUpError as error:
        print(f"set-up: {error}", file=sys.stderr)
        return 1
    return 0


def start_again_with_newer_python() -> int:
    """Replace this process, when another Python on PATH is new enough."""
    for name in CANDIDATES:
        if is_new_enough(name):
            command = [name, "-m", "playground.setup", *sys.argv[1:]]
            os.execvp(name, command)  # noqa: S606 - no shell is what we want
    print(
        f"set-up: {sys.executable} is Python {sys.version.split()[0]}, and PATH has no newer one. "
        "Install Python 3.12 or later.",
        file=sys.stderr,
    )
    return 1


def is_new_enough(name: str) -> bool:
    """Whether ``name`` starts a Python this project runs on."""
    if shutil.which(name) is None:
        return False
    check = f"import sys; sys.exit(sys.version_info[:2] < {OLDEST})"
    return subprocess.run([name, "-c", check], stderr=subprocess.DEVNULL).returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
