import { Connections } from "./connections.js";
import { RequestLane } from "./requests.js";

// As the site's own sentence about a run: a shorter block is in the picture, and no news.
export const WORTH_TELLING_US = 10_000;

const WITNESSED = ["lag", "stack", "thread", "statement", "lock", "idle"];

/**
 * One run's events, sorted into what the timeline draws. Times are µs since its start.
 *
 * Of several workers each numbers its own lanes; a run of one has the worker 0. Everything is
 * added as it comes and in whatever order; `spans` of a lane are put in order when asked for.
 */
export class Recording {
  constructor(events = []) {
    this.events = [];
    this.lanes = new Map();
    this.seenWorkers = new Set();
    this.blocks = [];
    this.statements = [];
    this.pool = [];
    this.transactions = [];
    this.requests = [];
    this.requestOf = new Map();
    this.readyOf = new Map();
    this.neverAwaited = [];
    this.folded = [];
    this.witness = Object.fromEntries(WITNESSED.map((kind) => [kind, []]));
    this.connections = new Connections();
    this.lost = 0;
    this.end = 0;
    for (const event of events) this.add(event);
  }

  get isEmpty() {
    return this.end === 0;
  }

  /** What of it had begun by a time, as a recording of its own. */
  until(time) {
    const begun = new Recording(this.events.filter((event) => event.at_us <= time));
    begun.end = Math.min(begun.end, time);
    return begun;
  }

  /** The numbers of the workers that said something, in order. */
  get workers() {
    return [...this.seenWorkers].sort((one, other) => one - other);
  }

  get hasSeveralWorkers() {
    return this.seenWorkers.size > 1;
  }

  /** Lanes of tasks, threads or requests; the loop's own callbacks (lane 0) are none of them. */
  lanesOf(of) {
    if (of === "request") return this.requests;
    return [...this.lanes.values()].filter((lane) => lane.of === of && lane.id !== 0);
  }

  /** How many spans, blocks and statements there are. */
  get size() {
    let spans = this.blocks.length + this.statements.length;
    for (const lane of this.lanes.values()) spans += lane.spans.length;
    return spans;
  }

  add(event) {
    if (event.type && event.type !== "telemetry" && event.type !== "witness") return;
    const at = event.at_us;
    event.worker ??= 0;
    event.lane ??= 0;
    event.laneKey = `${event.worker}/${event.lane}`;
    this.events.push(event);
    this.end = Math.max(this.end, at + (event.duration_us ?? 0));
    if (event.type === "witness") {
      this.witness[event.kind]?.push(event);
      return;
    }
    this.seenWorkers.add(event.worker);
    switch (event.kind) {
      case "lane":
        this.addLane(event, at);
        break;
      case "run":
      case "await":
      case "ready":
        this.addSpan(event);
        break;
      case "block":
        this.blocks.push(event);
        this.getLane(event, at).blocks.push(event);
        break;
      case "sql":
        this.statements.push(event);
        this.getLane(event, at).statements.push(event);
        this.connections.addStatement(event);
        break;
      case "pool":
        this.pool.push(event);
        this.connections.addPool(event);
        break;
      case "tx":
        this.transactions.push(event);
        this.connections.addTransaction(event);
        break;
      case "req":
        this.addRequest(new RequestLane(event, this.requests.length + 1, this));
        break;
      case "tick":
        this.lost += event.lost ?? 0;
    }
  }

  addLane(event, at) {
    if (event.state === "never_awaited") {
      this.neverAwaited.push(event);
      return;
    }
    if (event.state === "folded") {
      this.folded.push(event);
      return;
    }
    const lane = this.getLane(event, at);
    if (event.state) Object.assign(lane, { end: at, state: event.state });
    else {
      const { name, coroutine, line, parent, of = "task" } = event;
      Object.assign(lane, { start: at, name, coroutine, line, parent, of });
    }
  }

  addRequest(lane) {
    this.requests.push(lane);
    this.requestOf.set(lane.key, lane);
  }

  addSpan(event) {
    const { spans } = this.getLane(event, event.at_us);
    const last = spans.at(-1);
    if (last && last.at_us > event.at_us) spans.isUnordered = true;
    spans.push(event);
    if (event.kind === "ready") {
      if (!this.readyOf.has(event.laneKey)) this.readyOf.set(event.laneKey, []);
      this.readyOf.get(event.laneKey).push(event);
    }
  }

  getLane({ laneKey: key, lane: id, worker }, at) {
    if (!this.lanes.has(key)) {
      const nothing = { spans: [], blocks: [], statements: [] };
      this.lanes.set(key, { key, id, worker, of: "task", start: at, end: null, ...nothing });
    }
    return this.lanes.get(key);
  }

  /** Who waited for whom on the server, told with the first worker: it knows connections only. */
  locksOf(worker) {
    return worker === this.workers[0] ? this.witness.lock : [];
  }

  /** A lane's spans by time. */
  spansOf({ spans }) {
    if (spans.isUnordered) {
      spans.sort((one, other) => one.at_us - other.at_us);
      spans.isUnordered = false;
    }
    return spans;
  }

  /** A lane's name for people: asyncio's own numbering says less than the coroutine. */
  nameOf(key) {
    const lane = this.lanes.get(key) ?? this.requestOf.get(key);
    if (!lane || lane.id === 0) return "event loop";
    const isNumbered = !lane.name || /^Task-\d+$/.test(lane.name);
    return (isNumbered ? lane.coroutine : lane.name) || `${lane.of} ${lane.id}`;
  }

  /** The block of that number, of that worker. */
  blockOf(worker, number) {
    return number ? this.blocks.find((block) => block.worker === worker && block.block === number) : undefined;
  }

  /** Lines that held the loop for long, for the editor: [{line, duration_us, count}]. */
  blocksByLine() {
    const lines = new Map();
    for (const { line, duration_us: duration } of this.blocks) {
      if (!line) continue;
      const sum = lines.get(line) ?? { line, duration_us: 0, count: 0 };
      sum.duration_us += duration;
      sum.count += 1;
      lines.set(line, sum);
    }
    return [...lines.values()].filter((sum) => sum.duration_us >= WORTH_TELLING_US);
  }

  /** What a lane did: {alive, run, awaited, ready, steps}, times in µs. */
  sumOf(lane) {
    const sum = { alive: (lane.end ?? this.end) - lane.start, run: 0, await: 0, ready: 0, steps: 0 };
    for (const span of lane.spans) {
      sum[span.kind] += span.kind === "run" ? (span.busy_us ?? span.duration_us) : span.duration_us;
      sum.steps += span.steps ?? 0;
    }
    return sum;
  }

  /** Statements that ran more than once, the most frequent first. */
  repeated() {
    const groups = new Map();
    for (const statement of this.statements) {
      const key = statement.fingerprint || statement.statement;
      const group = groups.get(key) ?? { ...statement, count: 0, duration_us: 0, rows: 0 };
      group.count += 1;
      group.duration_us += statement.duration_us;
      group.rows += statement.rows ?? 0;
      groups.set(key, group);
    }
    return [...groups.values()].filter(({ count }) => count > 1).sort((one, other) => other.count - one.count);
  }
}
