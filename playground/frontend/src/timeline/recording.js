// As the site's own sentence about a run: a shorter block is in the picture, and no news.
const WORTH_TELLING_US = 10_000;

/**
 * One run's telemetry, sorted into what the timeline draws. Times are µs since its start.
 *
 * Of several workers each numbers its own lanes; a run of one has the worker 0.
 */
export class Recording {
  constructor() {
    this.lanes = new Map();
    this.seenWorkers = new Set();
    this.blocks = [];
    this.statements = [];
    this.pool = [];
    this.end = 0;
  }

  get isEmpty() {
    return this.end === 0;
  }

  /** The numbers of the workers that said something, in order. */
  get workers() {
    return [...this.seenWorkers].sort((one, other) => one - other);
  }

  get hasSeveralWorkers() {
    return this.seenWorkers.size > 1;
  }

  /** Lanes that ran, the loop's own callbacks (lane 0) apart. */
  get tasks() {
    return [...this.lanes.values()].filter((lane) => lane.id !== 0);
  }

  add(event) {
    const at = event.at_us;
    event.worker ??= 0;
    event.laneKey = `${event.worker}/${event.lane}`;
    this.seenWorkers.add(event.worker);
    this.end = Math.max(this.end, at + (event.duration_us ?? 0));
    switch (event.kind) {
      case "lane":
        this.addLane(event, at);
        break;
      case "run":
        this.getLane(event, at).segments.push({
          at,
          duration: event.duration_us,
          busy: event.busy_us,
          steps: event.steps,
        });
        break;
      case "block":
        this.blocks.push(event);
        break;
      case "sql":
        this.statements.push(event);
        break;
      case "pool":
        this.pool.push(event);
        break;
    }
  }

  addLane(event, at) {
    const lane = this.getLane(event, at);
    if (event.state) lane.end = at;
    else Object.assign(lane, { start: at, name: event.name, coroutine: event.coroutine, line: event.line });
  }

  getLane({ laneKey: key, lane: id, worker }, at) {
    if (!this.lanes.has(key)) this.lanes.set(key, { key, id, worker, start: at, end: null, segments: [] });
    return this.lanes.get(key);
  }

  /** A lane's name for people: asyncio's own numbering says less than the coroutine. */
  nameOf(key) {
    const lane = this.lanes.get(key);
    if (!lane || lane.id === 0) return "event loop";
    const isNumbered = !lane.name || /^Task-\d+$/.test(lane.name);
    return (isNumbered ? lane.coroutine : lane.name) || `task ${lane.id}`;
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

  /** What a lane did, for the table of tasks. */
  sumOf(lane) {
    const busy = lane.segments.reduce((sum, segment) => sum + segment.busy, 0);
    const steps = lane.segments.reduce((sum, segment) => sum + segment.steps, 0);
    return { busy, steps, alive: (lane.end ?? this.end) - lane.start };
  }
}
