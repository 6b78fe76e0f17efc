"""``python -m sandbox``: ``serve`` is the supervisor, ``run`` one run on the command line,
``measure-jail`` what the jail costs.

The only module that imports ``sandbox.host``.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, get_args

import msgspec

from sandbox import logs
from sandbox.host import apparmor
from sandbox.host.refusal import RequestRefused
from sandbox.host.server import Server
from sandbox.host.supervisor import MOST_RUNNING, Supervisor
from sandbox.host.zygote import ZygoteFailed
from sandbox.protocol import (
    MAX_WORKERS,
    PROFILES,
    Database,
    Driver,
    Finished,
    Layer,
    Level,
    Outcome,
    Output,
    Part,
    Queued,
    RunEvent,
    RunRequest,
    Status,
    Value,
    to_json,
)

EXIT_USAGE: Final = 2
EXIT_UNAVAILABLE: Final = 3
EXIT_UNHEARD: Final = 128 + signal.SIGPIPE
EXIT_STATUS: Final[dict[Outcome, int]] = {
    "completed": 0,
    "raised": 1,
    "timed_out": 124,
    "out_of_memory": 137,
    "output_limit": 125,
    "process_limit": 125,
    "disk_limit": 125,
    "cancelled": 125,
    "sandbox_failed": EXIT_UNAVAILABLE,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; its exit status. Usage errors end with status 2, and whoever reads us going
    away, as ``| head`` does, with that of SIGPIPE.
    """
    options = _parser().parse_args(arguments)
    logs.configure(getattr(options, "log", "plain"))
    try:
        status: int = asyncio.run(options.command(options))
    except KeyboardInterrupt:
        return 130
    except ZygoteFailed as error:
        sys.stderr.write(f"sandbox: level refused: {error}\n")
        return EXIT_UNAVAILABLE
    return status


async def _serve(options: argparse.Namespace) -> int:
    """Serve until stdin closes (whoever started us is gone) or SIGTERM."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    loop.add_signal_handler(signal.SIGINT, stopped.set)
    loop.add_reader(0, _stop_at_end_of_input, stopped)
    try:
        await _serve_until(stopped, options)
    except ZygoteFailed as error:
        _write_status(Status("refused", [str(error)], [], 0, 0, {}))
        raise
    return 0


async def _serve_until(stopped: asyncio.Event, options: argparse.Namespace) -> None:
    without: frozenset[Part] = frozenset(["probe"] if options.unobserved else [])
    async with _supervisor(
        options.level, without=without, wall=options.wall, prove=True, most_running=options.runs
    ) as supervisor:
        server = await Server(supervisor).listen(options.socket)
        _write_status(supervisor.status())
        await stopped.wait()
        server.close()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(options.socket)


def _write_status(status: Status) -> None:
    """The first line, which whoever started us waits for."""
    sys.stdout.write(msgspec.json.encode(status).decode() + "\n")
    sys.stdout.flush()


async def _print_apparmor(options: argparse.Namespace) -> int:
    try:
        sys.stdout.write(apparmor.describe(options.wall))
    except ValueError as error:
        sys.stderr.write(f"apparmor: {error}\n")
        return EXIT_USAGE
    return 0


def _stop_at_end_of_input(stopped: asyncio.Event) -> None:
    if not os.read(0, 4096):
        stopped.set()


def _read(file: str) -> str:
    return sys.stdin.read() if file == "-" else Path(file).read_text("utf-8")


async def _run(options: argparse.Namespace) -> int:
    try:
        code = _read(options.file)
        seed = _read(options.seed) if options.seed else ""
    except (OSError, UnicodeError) as error:
        sys.stderr.write(f"runcell: cannot read the code: {error}\n")
        return EXIT_USAGE
    request = RunRequest(
        run_id="command-line",
        code=code,
        database=options.database,
        driver=options.driver,
        seed=seed,
        profile=options.profile,
        wall_seconds=options.seconds,
        workers=options.workers,
    )
    async with _supervisor(options.level, warm=False, wall=options.wall) as supervisor:
        return await _show(supervisor, request, as_events=options.events)


async def _show(supervisor: Supervisor, request: RunRequest, *, as_events: bool) -> int:
    status = EXIT_UNAVAILABLE
    try:
        async for batch in supervisor.run(request):
            for event in batch:
                try:
                    _print_json(event) if as_events else _print_text(event)
                except BrokenPipeError:
                    _stop_writing()
                    return EXIT_UNHEARD
                if isinstance(event, Finished):
                    status = EXIT_STATUS[event.outcome]
    except RequestRefused as refusal:
        sys.stderr.write(f"runcell: {refusal}\n")
        return EXIT_USAGE
    return status


def _stop_writing() -> None:
    """What is still buffered goes nowhere, or Python would complain of it when it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _print_json(event: RunEvent) -> None:
    if not isinstance(event, Queued):
        sys.stdout.write(to_json(event).decode() + "\n")
        sys.stdout.flush()


def _print_text(event: RunEvent) -> None:
    match event:
        case Output(_, stream, text):
            out = sys.stdout if stream == "stdout" else sys.stderr
            out.write(text)
            out.flush()
        case Value():
            sys.stdout.write(_table(event) + "\n")
        case Finished() if event.outcome != "completed" or event.fault != "nobody":
            sys.stderr.write(event.message + "\n")
        case _:
            pass


def _table(value: Value) -> str:
    if not value.columns:
        return value.text
    rows = [value.columns, *[[text or "NULL" for text in row] for row in value.rows]]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


@asynccontextmanager
async def _supervisor(
    level: Level | None,
    *,
    warm: bool = True,
    without: frozenset[Part] = frozenset(),
    wall: str = "",
    prove: bool = False,
    most_running: int = MOST_RUNNING,
) -> AsyncIterator[Supervisor]:
    """A started supervisor with a run directory of its own. Raises ZygoteFailed.

    ``prove``: it attacks its own jail before anybody is let in.
    """
    # Unix socket paths hold 107 bytes, so the directory stays short.
    with tempfile.TemporaryDirectory(prefix="playground-", dir="/tmp") as directory:
        supervisor = Supervisor(
            Path(directory), without=without, bubblewrap=wall, most_running=most_running
        )
        await supervisor.start(level, warm=warm)
        try:
            if prove:
                await supervisor.prove()
            yield supervisor
        finally:
            await supervisor.stop()


async def _measure_jail(options: argparse.Namespace) -> int:
    """First output of a print cell, with the jail and without: a line of JSON, milliseconds."""
    bare = frozenset(layer for layer in get_args(Layer) if not layer.startswith("wall_"))
    async with (
        _supervisor("full", warm=False) as jailed,
        _supervisor("full", warm=False, without=bare) as unjailed,
    ):
        taken: dict[str, list[float]] = {"jailed": [], "bare": []}
        for number in range(options.runs):
            taken["jailed"].append(await _first_output(jailed, f"jailed-{number}"))
            taken["bare"].append(await _first_output(unjailed, f"bare-{number}"))
    sys.stdout.write(msgspec.json.encode(taken).decode() + "\n")
    return 0


async def _first_output(supervisor: Supervisor, run_id: str) -> float:
    began, first = time.perf_counter(), 0.0
    async for batch in supervisor.run(RunRequest(run_id=run_id, code="print('first')")):
        if not first and any(isinstance(event, Output) for event in batch):
            first = (time.perf_counter() - began) * 1000
    return first


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="Run code in the jail.")
    commands = parser.add_subparsers(required=True)
    serve = commands.add_parser("serve", help="be the supervisor, on a unix socket")
    serve.add_argument("--socket", required=True, metavar="PATH")
    at_once = "how many ordinary runs go on at once"
    serve.add_argument("--runs", type=int, default=MOST_RUNNING, metavar="N", help=at_once)
    serve.add_argument("--log", choices=logs.FORMATS, default="plain", help="how its log looks")
    unobserved = "no inside probe: for benchmarks, as no cell is drawn without it"
    serve.add_argument("--unobserved", action="store_true", help=unobserved)
    serve.set_defaults(command=_serve)
    run = commands.add_parser("run", help="run one file through the jail")
    run.add_argument("file", metavar="FILE|-")
    run.add_argument("--database", choices=get_args(Database), default="none")
    run.add_argument("--driver", choices=get_args(Driver), default="")
    run.add_argument("--seed", metavar="FILE", help="SQL for the fresh scratch database")
    run.add_argument("--profile", choices=sorted(PROFILES), default="default")
    run.add_argument("--seconds", type=float, default=0.0, metavar="S", help="wall clock limit")
    workers = f"children side by side, 1 to {MAX_WORKERS}"
    run.add_argument("--workers", type=int, default=1, metavar="N", help=workers)
    run.add_argument("--events", action="store_true", help="one JSON object a line")
    run.set_defaults(command=_run)
    measure = commands.add_parser("measure-jail", help="what the jail costs a fixed print cell")
    measure.add_argument("--runs", type=int, default=60, metavar="N")
    measure.set_defaults(command=_measure_jail)
    profile = commands.add_parser("apparmor", help="print an AppArmor profile for the wall")
    profile.add_argument("--wall", default=apparmor.PLACE, metavar="PATH")
    profile.set_defaults(command=_print_apparmor)
    for command in (serve, run):
        command.add_argument("--wall", default="", metavar="PATH", help="a copy of bubblewrap")
        command.add_argument("--level", choices=("full", "laptop"), help="insist on this level")
    return parser


if __name__ == "__main__":
    sys.exit(main())
