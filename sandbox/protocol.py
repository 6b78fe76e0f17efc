"""Messages between the site, the supervisor and a child; the only module both halves share.

Every message travels as one frame: a 4-byte big-endian length and a msgpack body.
All ``*_us`` figures are microseconds; ``at_us`` counts from the start of the run.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

MAX_CODE_BYTES: Final = 64 * 1024
MAX_FRAME_BYTES: Final = 4 * 1024 * 1024
MAX_TELEMETRY_EVENTS: Final = 10_000
MAX_TELEMETRY_BYTES: Final = 2 * 1024 * 1024
MAX_WORKERS: Final = 4
MAX_CAUSES: Final = 8
MAX_PHASES: Final = 8
MAX_REQUESTS: Final = 64  # of one phase
MAX_PHASE_SECONDS: Final = 60.0  # each of the times of a phase
MAX_BODY_BYTES: Final = 64 * 1024  # of an answer, as kept
MAX_RESPONSES_BYTES: Final = 1024 * 1024  # of all answers of a run, as kept
MAX_READS: Final = 16
MAX_READ_ROWS: Final = 1000
NOT_READ: Final = "our sandbox did not come to read it"  # the problem of a read, and our fault
INHERITED_BYTES: Final = 80 * 1024 * 1024
LARGEST_FIGURE: Final = 2**53  # that a browser can hold
MAX_WITNESS_CHARACTERS: Final = 500  # of a text in what was seen from outside

# What a child's heartbeat says beside the nonces it echoes.
NONCE_BYTES: Final = 8
HELLO: Final = b"\0\0\0hello"  # a loop runs now
GOODBYE: Final = b"\0\0\0leave"  # it no longer does
# Where a child that serves finds its listening socket, and the one over which it says that it
# serves and is told, by its end, to stop. High, as those of the heartbeat are.
LISTENER: Final = 252
CUES: Final = 253
SERVING: Final = b"s"

Database = Literal["none", "sqlite", "postgres"]
Driver = Literal["", "aiosqlite", "asyncpg", "psycopg"]
Outcome = Literal[
    "completed",
    "raised",
    "timed_out",
    "out_of_memory",
    "output_limit",
    "process_limit",
    "disk_limit",
    "cancelled",
    "sandbox_failed",
]
Fault = Literal["nobody", "your code", "your limit", "us"]
Level = Literal["full", "laptop", "refused"]
Layer = Literal[
    # of the wall
    "wall_user",
    "wall_files",
    "wall_proc",
    "wall_network",
    "wall_processes",
    "wall_capabilities",
    "wall_read_only",
    # of each learner session
    "disk_quota",
    # of each child, in the order they are put up
    "pid_namespace",
    "setsid",
    "mount_namespace",
    "ipc_namespace",
    "uts_namespace",
    "private_tmp",
    "hidden_sessions",
    "hidden_postgres",
    "not_dumpable",
    "user_namespace",
    "rlimits",
    "capabilities",
    "no_new_privs",
    "landlock",
    "seccomp",
]
Part = Layer | Literal["probe"]  # what a test or a benchmark may leave out
TelemetryKind = Literal[
    "lane", "run", "await", "ready", "block", "sql", "pool", "tx", "req", "tick", "error"
]
WitnessKind = Literal["lag", "stack", "thread", "statement", "lock", "idle"]
Heartbeat = Literal["on", "off", "silent"]


class Limits(msgspec.Struct, frozen=True):
    """What each child of a run may use. Enforced at the lowest writer; named profiles only.

    ``memory_bytes`` is beside ``INHERITED_BYTES``, what the zygote's own libraries take of a
    process before the learner's first line. A ``process_count`` above 1 lets the code fork: that
    many processes and threads together, each with its part of ``memory_bytes``.
    """

    wall_seconds: float = 10.0
    cpu_seconds: int = 5
    memory_bytes: int = 256 * 1024 * 1024
    thread_count: int = 64
    output_bytes: int = 256 * 1024
    disk_bytes: int = 16 * 1024 * 1024
    process_count: int = 1


PROFILES: Final[dict[str, Limits]] = {
    "default": Limits(),
    "heavy": Limits(wall_seconds=30.0, cpu_seconds=20, memory_bytes=512 * 1024 * 1024),
    "processes": Limits(process_count=8),
}


class DrivenRequest(msgspec.Struct, frozen=True):
    """One HTTP request to the cell's own application. ``path`` may carry a query."""

    method: str = "GET"
    path: str = "/"
    body: str = ""
    headers: dict[str, str] = {}


class Phase(msgspec.Struct, frozen=True):
    """Requests sent from outside, all together or one after another.

    ``timeout_seconds`` is what each request has, from its connection to the end of its answer.
    With ``disconnect_seconds`` above 0 the client hangs up after so long, answered or not.
    ``pause_seconds`` pass before the first request. Each request has a connection of its own.
    """

    name: str
    requests: list[DrivenRequest]
    at_once: bool = True
    timeout_seconds: float = 5.0
    disconnect_seconds: float = 0.0
    pause_seconds: float = 0.0


class Read(msgspec.Struct, frozen=True):
    """A query on the scratch database after the run, carried out by our own code."""

    name: str
    sql: str


class RunRequest(msgspec.Struct, frozen=True, tag="run"):
    """One run of a cell.

    ``session`` is the opaque key of a learner session: runs with the same key share scratch
    databases and files; an empty one gets a throw-away of its own. ``seed`` is SQL applied once
    to a fresh scratch database; a run with another seed (another card) gets a fresh one.
    ``wall_seconds`` of 0 keeps the profile's. With ``workers`` above 1 (at most ``MAX_WORKERS``)
    as many children run the code side by side, on the same files and database, and each finds
    its number, from 1, in ``WORKER``; deadline, output and telemetry are those of one run.
    With ``phases`` the cell's application is served (by itself with ``uvicorn.run``, else by us if
    there is a global ``app``) and asked from outside; requests of a phase are dealt to the workers
    in turn. After the last one the code is asked to end. ``reads`` are carried out when all of the
    learner's processes are gone. Among runs that wait, those of one of ``fair_by`` (the learner,
    then the team) take turns with others'. ``disk_bytes`` of 0 keeps the profile's; another figure
    bounds a Postgres database as well: what it takes beside an empty one.
    """

    run_id: str
    code: str
    session: str = ""
    database: Database = "none"
    driver: Driver = ""
    seed: str = ""
    fresh: bool = False
    profile: str = "default"
    wall_seconds: float = 0.0
    workers: int = 1
    phases: list[Phase] = []
    reads: list[Read] = []
    fair_by: list[str] = []
    disk_bytes: int = 0


class CancelRequest(msgspec.Struct, frozen=True, tag="cancel"):
    """Stop a run, queued or running; its stream ends with outcome ``cancelled``."""

    run_id: str


class ResetRequest(msgspec.Struct, frozen=True, tag="reset"):
    """Drop the scratch databases and files of a learner session."""

    session: str


class StatusRequest(msgspec.Struct, frozen=True, tag="status"):
    """Ask for a ``Status``."""


Request = RunRequest | CancelRequest | ResetRequest | StatusRequest


class Queued(msgspec.Struct, frozen=True, tag="queued"):
    """The run waits for a place; ``position`` 1 is next, in some ``wait_seconds`` (0: unknown)."""

    position: int
    wait_seconds: float = 0.0


class Started(msgspec.Struct, frozen=True, tag="started"):
    """The child has the code. ``scratch`` says whether the database is new to this session."""

    at_us: int = 0
    scratch: Literal["none", "fresh", "kept"] = "none"


class Output(msgspec.Struct, frozen=True, tag="output"):
    """Text the run wrote; undecodable bytes arrive as U+FFFD.

    ``worker``, here and below: whose it is, from 1; 0 in a run of one child.
    """

    at_us: int
    stream: Literal["stdout", "stderr"]
    text: str
    worker: int = 0


class Value(msgspec.Struct, frozen=True, tag="value"):
    """The value of the cell's last expression; rows of a query come as a table."""

    at_us: int
    text: str
    columns: list[str] = []
    rows: list[list[str | None]] = []
    row_count: int = 0
    worker: int = 0


class Telemetry(msgspec.Struct, frozen=True, tag="telemetry"):
    """One thing the event loop, a driver or a pool did. Forgeable: a picture, never evidence.

    Each worker numbers its own lanes.
    """

    at_us: int
    kind: TelemetryKind
    fields: dict[str, str | int | None]
    worker: int = 0


class Witness(msgspec.Struct, frozen=True, tag="witness"):
    """One thing seen from outside: by the supervisor's clock, the kernel or the server.

    The cell has no hand in the figures; the texts (a function's name, a statement) are its own.
    """

    at_us: int
    kind: WitnessKind
    fields: dict[str, str | int | None]
    worker: int = 0


class WitnessSummary(msgspec.Struct, frozen=True):
    """What was seen of the whole run from outside: evidence, unlike ``Summary``.

    ``heartbeat``: ``off`` when no loop ran on the cell's thread, ``silent`` when one did and
    never answered in earnest. ``statements`` is None where no server could count them.
    ``disagreement`` is empty, or a sentence that says what the picture from inside tells, what
    was seen from outside, and which of the two is trusted. ``longest_held_us`` is the longest lag
    without what the code is not to blame for: its thread waiting for a processor, a supervisor
    that was late itself. ``lost`` counts lags and statements that are in these figures but were
    too many to be told one by one.
    """

    heartbeat: Heartbeat = "off"
    longest_lag_us: int = 0
    blocked_us: int = 0
    pings: int = 0
    statements: int | None = None
    disagreement: str = ""
    lost: int = 0
    longest_held_us: int = 0


class Summary(msgspec.Struct, frozen=True):
    """A run's figures in one row; derived from telemetry, so a picture as well.

    Of several workers the longest of the longest and the most of ``most_repeated`` (how often the
    commonest statement ran), the worst of the lags, and the sum of everything else: also of
    ``pool_high_water``, as the database meets workers times what each one's pool takes.

    ``lag_p50_us`` and ``lag_p99_us``: how long news waited for the loop, of whatever may come at
    any time while it runs; 0 for less than a millisecond. ``requests`` were answered in
    ``longest_serving_us``, from the first to the last.
    """

    longest_block_us: int = 0
    blocked_us: int = 0
    longest_lag_us: int = 0
    statements: int = 0
    pool_high_water: int = 0
    connections_left_out: int = 0
    transactions_left_open: int = 0
    pool_wait_us: int = 0
    most_repeated: int = 0
    lag_p50_us: int = 0
    lag_p99_us: int = 0
    requests: int = 0
    longest_serving_us: int = 0
    never_awaited: int = 0


class Cause(msgspec.Struct, frozen=True):
    """An exception behind another: its cause, what a driver's wrapper keeps, one of a group."""

    type: str
    message: str
    line: int = 0


class Raised(msgspec.Struct, frozen=True):
    """The exception that ended a run. ``line`` is the deepest line of the cell, 0 if none.

    ``type`` is qualified save for builtins and the cell's own; ``causes``, at most
    ``MAX_CAUSES``, begin with the nearest.
    """

    type: str
    message: str
    line: int = 0
    causes: tuple[Cause, ...] = ()


class Finished(msgspec.Struct, frozen=True, tag="finished"):
    """How the run ended. ``message`` is for the learner: what happened and whose fault it was.

    Of several workers the worst end counts, and ``worker`` is the first that had it (0: all of
    them, or a run of one); ``cpu_us`` is their sum, ``max_rss_bytes`` that of the largest,
    with what it shares with the zygote. ``memory_peak_bytes`` sums up what the children and all
    they started took at most, or is 0 where there are no cgroups.
    """

    at_us: int
    outcome: Outcome
    fault: Fault
    message: str
    wall_us: int = 0
    cpu_us: int = 0
    max_rss_bytes: int = 0
    memory_peak_bytes: int = 0
    exit_status: int = 0
    error: Raised | None = None
    summary: Summary = Summary()
    worker: int = 0
    witness: WitnessSummary = WitnessSummary()


ResponseProblem = Literal[
    "", "timed out", "connection closed", "refused", "disconnected", "not HTTP", "too large"
]


class Response(msgspec.Struct, frozen=True, tag="response"):
    """What a driven request got; the times are the supervisor's, the rest is hostile text.

    ``number`` is the request's place in its phase, from 1. ``status`` is 0 where none came.
    ``body`` is cut to ``MAX_BODY_BYTES``, and to less where a run's answers are many and long:
    ``body_bytes`` is what came. Names of ``headers`` are in small letters, the last of several
    with one name counts. ``disconnected``: we hung up, as the phase says; ``refused``: nobody
    listened; ``connection closed``: whoever listened went away.
    """

    phase: str
    number: int
    began_us: int
    ended_us: int
    status: int = 0
    headers: dict[str, str] = {}
    body: str = ""
    body_bytes: int = 0
    problem: ResponseProblem = ""
    worker: int = 0


class PhaseDriven(msgspec.Struct, frozen=True, tag="phase"):
    """A phase from its first request, after its pause, to its last answer."""

    name: str
    began_us: int
    ended_us: int


class Aftermath(msgspec.Struct, frozen=True, tag="aftermath"):
    """What was seen after the last phase of a run, or before its reads.

    ``at_us`` is when the code was asked to end, or had ended where there were no phases.
    ``idle_in_transaction``: backends of the run that its last answers left in an open transaction;
    None where no server told. ``calibration_us``: how long a fixed piece of pure Python took, the
    slowest of three, in a child of our own right after the run: what this machine gives a child
    now, whatever the learner's code did. 0 where it could not be taken.
    """

    at_us: int
    idle_in_transaction: int | None = None
    calibration_us: int = 0


Scalar = str | int | float | None


class Rows(msgspec.Struct, frozen=True, tag="rows"):
    """What a ``Read`` found: at most ``MAX_READ_ROWS`` rows. ``problem``: why there are none.

    Booleans are 0 and 1, bytes are hexadecimal; decimals, dates and all else are text.
    """

    name: str
    columns: list[str] = []
    rows: list[list[Scalar]] = []
    problem: str = ""


RunEvent = (
    Queued
    | Started
    | Output
    | Value
    | Telemetry
    | Witness
    | Response
    | PhaseDriven
    | Aftermath
    | Rows
    | Finished
)


class ServerStatement(msgspec.Struct, frozen=True):
    """A statement by the database server's own log; its text is cut to
    ``MAX_WITNESS_CHARACTERS``.

    ``phase`` is the one that had begun last when it began: what answers leave to be done after
    them is of their phase. It is empty before the first and once the code was asked to end.
    """

    at_us: int
    duration_us: int
    text: str
    phase: str = ""
    error: str = ""


class Lag(msgspec.Struct, frozen=True):
    """For so long the event loop did not answer; seen from outside.

    ``held_us`` is the part that the code held it: on a busy machine the rest was a wait for a
    processor, by the kernel's own account. Code whose own threads fill the processors makes such
    waits as well: bounds on latencies see them.
    """

    at_us: int
    duration_us: int
    held_us: int = 0
    worker: int = 0


class Picture(msgspec.Struct, frozen=True):
    """What the run told of itself. Forgeable: for feedback, never for a grade."""

    summary: Summary = Summary()
    events: list[Telemetry] = []


class RunRecord(msgspec.Struct, frozen=True):
    """Everything the host saw of one run; what the judge looks at.

    Evidence, save ``picture`` and the texts in it; ``error`` is what the code itself said of its
    end, which at least did end as one that raised. ``statements`` is None where no server could
    count them, for SQLite say. With ``lost`` above 0 so many statements and lags are missing in
    the lists; ``statement_count`` and ``longest_lag_us`` are whole all the same. Lags are those of
    the loop on the code's first thread; what is served by another is seen in its answers alone.
    """

    outcome: Outcome
    fault: Fault
    message: str
    error: Raised | None = None
    exit_status: int = 0
    stdout: str = ""
    stderr: str = ""
    wall_us: int = 0
    cpu_us: int = 0
    max_rss_bytes: int = 0
    responses: list[Response] = []
    rows: list[Rows] = []
    statements: list[ServerStatement] | None = None
    statement_count: int | None = None
    longest_lag_us: int = 0
    longest_held_us: int = 0
    blocked_us: int = 0
    heartbeat: Heartbeat = "off"
    disagreement: str = ""
    lags: list[Lag] = []
    lost: int = 0
    phases: list[PhaseDriven] = []
    idle_in_transaction: int | None = None
    calibration_us: int = 0
    database: Database = "none"
    driver: Driver = ""
    workers: int = 1
    picture: Picture = Picture()


class Batch(msgspec.Struct, frozen=True, tag="batch"):
    """Events that leave the supervisor together, in order."""

    events: list[RunEvent]


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """The supervisor did not take the request. ``busy`` means: try again later."""

    reason: str
    busy: bool = False
    retry_seconds: float = 0.0


class Status(msgspec.Struct, frozen=True, tag="status_is"):
    """What the supervisor has: jail level, what is missing for a higher one, engines, load.

    Memory is the proportional share (PSS), 0 where the kernel does not tell. ``cgroup`` says
    whether runs are bounded by cgroups, and if not, what to do about it. ``probes`` are the
    attacks of the self-test by name, and whether the jail held. ``parked`` children wait for a run;
    ``sessions`` have files, ``slots_lent`` and ``slots_ready`` are scratch databases of Postgres.
    """

    level: Level
    missing: list[str]
    databases: list[Database]
    running: int
    queued: int
    versions: dict[str, str]
    cgroup: str = ""
    probes: dict[str, bool] = {}
    zygote_pss_bytes: int = 0
    running_pss_bytes: list[int] = []
    parked: int = 0
    sessions: int = 0
    slots_lent: int = 0
    slots_ready: int = 0


class Done(msgspec.Struct, frozen=True, tag="done"):
    """A request without events was carried out."""


Reply = Batch | Refused | Status | Done


class Job(msgspec.Struct, frozen=True):
    """What the supervisor sends a parked child over the child's own socket.

    With ``serves`` two descriptors travel along: those of ``LISTENER`` and ``CUES``. ``reads`` and
    ``calibrates`` are of a child that runs our code alone.
    """

    code: str
    environment: dict[str, str]
    session_directory: str
    limits: Limits
    seed: str = ""
    fresh_file: bool = False
    worker: int = 0
    workers: int = 1
    serves: bool = False
    reads: list[Read] = []
    calibrates: bool = False


def to_json(event: RunEvent) -> bytes:
    """One line of ``--events``: the event as a flat JSON object, without the newline.

    ``worker`` is only told when there are several.
    """
    own: dict[str, Any] = msgspec.to_builtins(event)
    fields = own.pop("fields", {})
    line = {**own, **fields, **own}  # a child's field never replaces ours
    if not own.get("worker"):
        line.pop("worker", None)
    return msgspec.json.encode(line)


def encode_frame(message: Any) -> bytes:
    """The message as one frame."""
    body = msgspec.msgpack.encode(message)
    return len(body).to_bytes(4, "big") + body


class ZygoteSettings(msgspec.Struct, frozen=True):
    """How the supervisor starts a zygote: its command line argument, as JSON.

    ``without`` names layers left out, so that a test can show what each of them is for, or the
    inside probe, so that a benchmark can show what it costs.
    """

    link: int
    level: Level
    readable: list[str]
    without: frozenset[Part] = frozenset()


class Spawn(msgspec.Struct, frozen=True, tag="spawn"):
    """Park a child. Travels with its descriptors: job socket, stdout, stderr, telemetry, and
    those of the heartbeat: pings and answers.
    """

    child: int


class MountSession(msgspec.Struct, frozen=True, tag="mount"):
    """Make a learner session's files, or give them another size."""

    name: str
    disk_bytes: int


class UnmountSession(msgspec.Struct, frozen=True, tag="unmount"):
    """Drop a learner session's files."""

    name: str


ZygoteCommand = Spawn | MountSession | UnmountSession


class Landmarks(msgspec.Struct, frozen=True):
    """Where in the memory of every child, as in the zygote's: the state of the interpreter's main
    thread, and the type of code objects. 0 where it is not known.
    """

    thread: int = 0
    code_type: int = 0


class ZygoteReady(msgspec.Struct, frozen=True, tag="ready"):
    """The libraries are imported and were run once."""

    versions: dict[str, str]
    landmarks: Landmarks = Landmarks()


class Parked(msgspec.Struct, frozen=True, tag="parked"):
    """A child waits for its job. Travels with its pidfd; ``problem`` means there is none."""

    child: int
    problem: str = ""


class Mounted(msgspec.Struct, frozen=True, tag="mounted"):
    """A learner session's files are there; ``problem`` means they are not."""

    name: str
    problem: str = ""


class Exited(msgspec.Struct, frozen=True, tag="exited"):
    """A child is gone, with the kernel's own account of it. ``status`` is as of wait(2)."""

    child: int
    status: int
    cpu_us: int
    max_rss_bytes: int


ZygoteReport = ZygoteReady | Parked | Mounted | Exited
