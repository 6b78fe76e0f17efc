"""Running a cell: compile it, give it its names, show its value, tell how it ended."""

from __future__ import annotations

import ast
import asyncio
import atexit
import builtins
import contextlib
import faulthandler
import gc
import inspect
import io
import linecache
import os
import sqlite3
import sys
import threading
import types
import warnings
from collections.abc import Callable
from os import _exit
from typing import Any, Final, NoReturn

from sandbox.inside import errors, heartbeat, report, serving, telemetry, values
from sandbox.protocol import Job

FILENAME: Final = "<cell>"
_RESULT: Final = "__cell_value__"


def run(job: Job, descriptor: int, on_seeded: Callable[[], None]) -> NoReturn:
    """Run the job's code as ``__main__`` and leave the process with its exit status.

    ``on_seeded`` is called when the database is ready and nothing of the learner's has run.
    """
    _open_streams()
    os.environ.clear()
    os.environ.update(job.environment)
    _seed(job)
    on_seeded()
    linecache.cache[FILENAME] = (len(job.code), None, job.code.splitlines(True), FILENAME)
    faulthandler.enable()
    recorder = telemetry.start(descriptor, FILENAME, job.workers)
    heartbeat.start()
    if job.serves:
        serving.start()
    if job.limits.process_count > 1:
        _prepare_for_forks(recorder)
    status = 0
    try:
        try:
            value = _execute(job, recorder)
        except SystemExit as stop:
            value, status = None, errors.exit_status(stop)
        _finish_threads()
        if value is not None:
            report.send(descriptor, "value", values.describe(value))
    except BaseException as error:
        status = 1
        errors.show(error, FILENAME)
        for cause in errors.describe_causes(error, FILENAME):
            report.send(descriptor, "cause", cause)
        report.send(descriptor, "raised", errors.describe(error, FILENAME))
        del error
    _leave(recorder, descriptor, status)


def _prepare_for_forks(recorder: telemetry.Recorder | telemetry.Blind) -> None:
    """Forks of the learner's write whole lines, and leave the picture to the process itself."""
    import multiprocessing

    def in_fork() -> None:
        recorder.abandon()
        heartbeat.stop()
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(line_buffering=True, write_through=False)

    multiprocessing.set_start_method("fork")  # the others start a program, which no run may
    os.register_at_fork(after_in_child=in_fork)


def _open_streams() -> None:
    """Unbuffered, so that what was printed before a kill is kept."""
    for name, number in (("stdout", 1), ("stderr", 2)):
        raw = io.FileIO(number, "w", closefd=False)
        stream = io.TextIOWrapper(raw, "utf-8", "backslashreplace", write_through=True)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def _seed(job: Job) -> None:
    """Apply the card's SQL to a new SQLite file; Postgres is seeded by the supervisor."""
    path = job.environment.get("DSN", "")
    if not path.startswith("/"):
        return
    if job.fresh_file:
        for suffix in ("", "-wal", "-shm", "-journal"):
            if os.path.lexists(path + suffix):
                os.unlink(path + suffix)
    if job.seed and not os.path.exists(path):
        connection = sqlite3.connect(path)
        connection.executescript(job.seed)
        connection.close()


def _execute(job: Job, recorder: telemetry.Recorder | telemetry.Blind) -> Any:
    module = types.ModuleType("__main__")
    module.__dict__["__file__"] = FILENAME
    sys.modules["__main__"] = module
    for name, value in _names(job).items():
        setattr(builtins, name, value)
    code = compile(
        _with_result(job.code),
        FILENAME,
        "exec",
        flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT,
        dont_inherit=True,
    )
    recorder.watch(code)
    outcome = eval(code, module.__dict__)  # noqa: S307 - this is what the jail is for
    if inspect.iscoroutine(outcome):
        asyncio.run(outcome)
    if job.serves:
        serving.serve(module.__dict__.get("app"))
    return module.__dict__.pop(_RESULT, None)


def _names(job: Job) -> dict[str, str | int]:
    """What every cell finds without importing it."""
    names: dict[str, str | int] = {
        name: job.environment[name] for name in ("DATABASE_URL", "DSN") if name in job.environment
    }
    return {**names, "WORKER": job.worker} if job.worker else names


def _with_result(source: str) -> ast.Module:
    """The cell's tree, with the value of a last expression kept under a private name."""
    tree = ast.parse(source, FILENAME)
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        last = tree.body[-1]
        name = ast.copy_location(ast.Name(_RESULT, ast.Store()), last)
        tree.body[-1] = ast.copy_location(ast.Assign([name], last.value), last)
    return ast.fix_missing_locations(tree)


def _finish_threads() -> None:
    """As the interpreter does at its end: wait for threads, then run atexit functions."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()


def _leave(
    recorder: telemetry.Recorder | telemetry.Blind, descriptor: int, status: int
) -> NoReturn:
    # Here "coroutine was never awaited" is found, while it can still be shown. The place it is
    # found at is ours and would tell a learner nothing.
    warnings.formatwarning = lambda message, kind, *_, **__: f"{kind.__name__}: {message}\n"
    for step in (gc.collect, _flush, recorder.finish):
        try:
            step()
        except BaseException:  # noqa: S112 - the cell broke it: its picture lacks the rest
            continue
    report.send(descriptor, "end", {"status": status})
    _exit(status)


def _flush() -> None:
    """What is left of a fork's last line, or in a stream of the cell's own."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
