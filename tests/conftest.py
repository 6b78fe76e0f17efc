"""What the tests share: programs that may be missing, and one running sandbox."""

import asyncio
import os
import selectors
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import hypothesis
import pytest
from asgiref.sync import sync_to_async
from django.db import close_old_connections, connections
from xdist.scheduler import LoadFileScheduling

from sandbox.client import SandboxClient
from tests.ordinary import as_ordinary_user

ROOT = Path(__file__).resolve().parents[1]
MARKED_FOLDERS = ("integration", "browser", "hostile")
# Those that take longest, so that no worker is left alone with one at the end.
LONG_FILES = [
    "packs/test_what_packs_promise.py",
    "hostile/test_soak.py",
    "browser/test_accessibility.py",
    "hostile/test_runcell.py",
    "hostile/test_hidden_answers.py",
    "browser/test_learner_journeys.py",
    "browser/test_accounts_page.py",
    "integration/test_faults.py",
    "integration/test_hosts_apart.py",
    "integration/test_expiry.py",
    "hostile/test_layers.py",
    "browser/test_exercise_page.py",
    "browser/test_card_page.py",
    "browser/test_admin_page.py",
    "integration/test_grade_command.py",
    "integration/test_exposed_site.py",
    "integration/test_doctor.py",
]
# Each of their tests is long, and needs nothing that another one has made.
SHARED_FILES = [
    "browser/test_accessibility.py",
    "browser/test_admin_page.py",
    "hostile/test_runcell.py",
    "integration/test_doctor.py",
]
START_SECONDS = 90
MOST_DATABASES = 64
STOP_SECONDS = 20

MOST_LOG_CHARACTERS = 6000

# What an example takes says nothing here: machines are shared. In CI it is so by itself.
hypothesis.settings.register_profile("unhurried", hypothesis.settings(), deadline=None)
hypothesis.settings.load_profile("unhurried")

supervisor_log = pytest.StashKey[str]()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """In the process that reports: keep what a worker's supervisor said."""
    said = getattr(node, "workeroutput", {}).get("supervisor_log", "")
    node.config.stash[supervisor_log] = node.config.stash.get(supervisor_log, "") + said


def pytest_sessionfinish(session: pytest.Session) -> None:
    """In a worker: hand over what its supervisor said."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["supervisor_log"] = session.config.stash.get(supervisor_log, "")


class Shared(LoadFileScheduling):  # type: ignore[misc]
    """A file to a worker, as ``loadfile`` does it; of some files, a test."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return nodeid if file.removeprefix("tests/") in SHARED_FILES else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Shared | None:
    """Who runs what, where whole files are asked for."""
    return Shared(config, log) if config.getoption("dist") == "loadfile" else None


def get_turn(item: pytest.Item) -> int:
    """Its place among the long files; the others come after them, as they are."""
    file = item.path.relative_to(ROOT / "tests").as_posix()
    return LONG_FILES.index(file) if file in LONG_FILES else len(LONG_FILES)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first, and each test with the marker of its folder."""
    items.sort(key=get_turn)
    for item in items:
        folder = item.path.relative_to(ROOT / "tests").parts[0]
        if folder in MARKED_FOLDERS:
            item.add_marker(folder)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say loudly what was not tested, and what the supervisor said of a failure."""
    if terminalreporter.getreports("failed") and config.stash.get(supervisor_log, ""):
        terminalreporter.section("log of the supervisor")
        terminalreporter.write_line(config.stash[supervisor_log])
    reasons = Counter(report.longrepr[2] for report in terminalreporter.getreports("skipped"))
    for reason, count in reasons.items():
        terminalreporter.write_line(f"NOT TESTED: {count} x {reason}", red=True, bold=True)


@pytest.fixture
def quick_passwords(settings: Any) -> None:
    """Hash passwords in no time: how slow it is otherwise is Django's to test."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A SQLite database of the tests is a file: one in memory is open in a thread for ever."""
    database = connections["default"]
    if database.vendor == "sqlite":
        file = tmp_path_factory.mktemp("database") / "site.sqlite3"
        database.settings_dict["TEST"]["NAME"] = str(file)


@pytest.fixture
async def closing_connections(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[None]:
    """The tests' database for a coroutine, whose threads end with its loop."""
    # Channels' communicators leave connections open, for tests that are one transaction.
    monkeypatch.setattr("channels.testing.application.no_op", close_old_connections)
    yield
    await asyncio.get_running_loop().shutdown_default_executor()  # what was begun there ends
    await sync_to_async(connections.close_all)()


@pytest.fixture(scope="session")
def needs() -> Callable[..., str]:
    """``needs("chromium", "chromium-browser")``: the path of the first of these programs.

    Without any of them the test is skipped on a laptop and fails in CI.
    """

    def find(*programs: str) -> str:
        for program in programs:
            if path := shutil.which(program):
                return path
        if os.environ.get("CI"):
            pytest.fail(f"{programs[0]} is missing, and CI must run every test", pytrace=False)
        pytest.skip(f"needs {programs[0]}, which is missing here; run `make setup`")

    return find


@pytest.fixture(scope="session")
def supervisor_socket(pytestconfig: pytest.Config) -> Iterator[str]:
    """The socket of one supervisor that all tests of a session share."""
    with serving(pytestconfig, "sandbox", "serve") as socket_path:
        yield socket_path


@contextmanager
def serving(
    config: pytest.Config, module: str, *arguments: str, ordinary: bool = False
) -> Iterator[str]:
    """The socket of a supervisor started as ``python -m MODULE ... --socket PATH``.

    ``ordinary``: as an ordinary user, also when the tests run as root.
    """
    # Not pytest's tmp_path: the path of a Unix socket ends at some 100 bytes.
    with tempfile.TemporaryDirectory(prefix="sandbox-") as folder, tempfile.TemporaryFile() as log:
        socket_path = os.path.join(folder, "supervisor.sock")
        if ordinary:
            os.chmod(folder, 0o777)  # noqa: S103 - the socket itself is its owner's alone
        command = [sys.executable, "-m", module, *arguments, "--socket", socket_path]
        supervisor = subprocess.Popen(
            as_ordinary_user(*command) if ordinary else command,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
        )
        try:
            wait_until_ready(supervisor, log)
            yield socket_path
        finally:
            stop(supervisor)
            log.seek(0)
            said = log.read().decode(errors="replace")
            config.stash[supervisor_log] = said[-MOST_LOG_CHARACTERS:]


@pytest.fixture
def sandbox_client(supervisor_socket: str) -> SandboxClient:
    """A client of the shared supervisor. Use a session key of your own."""
    return SandboxClient(supervisor_socket)


def wait_until_ready(supervisor: subprocess.Popen[bytes], log: IO[bytes]) -> None:
    """Return when the supervisor prints its status line; fail with what it said otherwise."""
    assert supervisor.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(supervisor.stdout, selectors.EVENT_READ)
        said = supervisor.stdout.readline() if selector.select(START_SECONDS) else b""
    if not said.startswith(b"{"):
        stop(supervisor)
        log.seek(0)
        error = log.read().decode(errors="replace")
        pytest.fail(
            f"the supervisor did not start within {START_SECONDS} s "
            f"(exit {supervisor.returncode}, stdout {said!r}):\n{error}",
            pytrace=False,
        )


def stop(supervisor: subprocess.Popen[bytes]) -> None:
    """End it the way its parent would: its stdin closes."""
    try:
        supervisor.communicate(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        supervisor.kill()
        supervisor.communicate()


@pytest.fixture(scope="session")
def redis_url(needs: Callable[..., str]) -> Iterator[str]:
    """A Redis of the tests' own, on a Unix socket."""
    program = needs("redis-server")
    with tempfile.TemporaryDirectory(prefix="redis-") as folder:
        path = Path(folder, "redis.sock")
        command = [program, "--port", "0", "--unixsocket", str(path), "--save", "", "--dir", folder]
        command += ["--databases", str(MOST_DATABASES)]
        redis = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            while not path.exists():
                assert redis.poll() is None, "redis-server did not start"
                time.sleep(0.02)
            yield f"unix://{path}"
        finally:
            redis.terminate()
            redis.wait(10)


@pytest.fixture(scope="session")
def take_redis(redis_url: str) -> Callable[[], str]:
    """The address of a Redis in which nothing is, and no worker of another test."""
    numbers = iter(range(1, MOST_DATABASES))
    return lambda: f"{redis_url}?db={next(numbers)}"
