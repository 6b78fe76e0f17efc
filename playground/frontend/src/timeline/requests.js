// A request whose task was held up sends itself within a step of going on.
const NEXT_STEP_US = 2000;

/**
 * One request to the cell's own application, as a lane: what the task that served it did
 * meanwhile. {key, id, worker, of, name, line, start, end, state}, and as every lane `spans`,
 * `blocks` and `statements`.
 */
export class RequestLane {
  constructor(event, number, recording) {
    this.key = `${event.worker}/request ${number}`;
    this.id = number;
    this.worker = event.worker;
    this.of = "request";
    this.name = `${event.method} ${event.path}${event.status ? ` ${event.status}` : ""}`;
    this.line = event.line;
    this.start = event.at_us;
    this.end = event.at_us + event.duration_us;
    this.state = event.status ? (event.status >= 500 ? "raised" : "done") : "unanswered";
    this.served = event.laneKey;
    this.recording = recording;
    this.kept = new Map();
  }

  get spans() {
    return this.keep("spans", (lane) => this.clip(this.recording.spansOf(lane)));
  }

  get blocks() {
    return this.keep("blocks", (lane) => this.within(lane.blocks));
  }

  get statements() {
    return this.keep("statements", (lane) => this.within(lane.statements));
  }

  /** Worked out again only when the task's own list has grown: each frame asks. */
  keep(name, choose) {
    const lane = this.recording.lanes.get(this.served);
    if (!lane || lane.id === 0) return [];
    const before = this.kept.get(name);
    if (before?.count === lane[name].length) return before.chosen;
    const chosen = choose(lane);
    this.kept.set(name, { count: lane[name].length, chosen });
    return chosen;
  }

  /** What the task did from when it could have sent the request. */
  clip(spans) {
    const clipped = [];
    const since = this.couldHaveBegun(spans);
    for (let index = firstEnding(spans, since); index < spans.length; index += 1) {
      const span = spans[index];
      if (span.at_us >= this.end) break;
      const from = Math.max(span.at_us, since);
      const duration = Math.min(span.at_us + span.duration_us, this.end) - from;
      if (duration <= 0) continue;
      const share = span.duration_us ? duration / span.duration_us : 1;
      const busy = span.busy_us === undefined ? {} : { busy_us: Math.round(span.busy_us * share) };
      clipped.push({ ...span, at_us: from, duration_us: duration, ...busy, laneKey: this.key });
    }
    return clipped;
  }

  couldHaveBegun(spans) {
    const last = spans[firstEnding(spans, this.start - NEXT_STEP_US)];
    return last?.kind === "ready" && last.at_us < this.start ? last.at_us : this.start;
  }

  within(events) {
    return events.filter((event) => event.at_us < this.end && event.at_us + event.duration_us > this.start);
  }
}

/** How many requests could have gone on, or been sent, while a block held the loop. */
export function countHeldUp(block, recording) {
  const until = block.at_us + block.duration_us;
  return recording.requests.filter(({ worker, served, start, end }) => (
    worker === block.worker && (recording.readyOf.get(served) ?? []).some((span) => {
      const wentOn = span.at_us + span.duration_us;
      return span.at_us < until && wentOn > block.at_us && start < wentOn + NEXT_STEP_US && end > span.at_us;
    })
  )).length;
}

/** Of spans in order that hardly overlap: the first that may not be over at a time. */
function firstEnding(spans, time) {
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (spans[middle].at_us + spans[middle].duration_us <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}
