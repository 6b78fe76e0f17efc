import { inWords } from "../durations.js";

const AXIS = 20;
const LOOP = 30;
const LANE = 18;
const GROUP = 8;
const MOST_LANES = 30;
const TICK_EVERY = 90;

/** Where each row lies: [{kind, worker, lane, top, height, label}] and the height of all. */
export function layOut(recording) {
  const rows = [];
  const workers = recording.workers;
  const most = Math.floor(MOST_LANES / Math.max(1, workers.length));
  let top = AXIS;
  for (const worker of workers) {
    const added = layOutWorker(recording, worker, top, most);
    rows.push(...added);
    const last = added.at(-1);
    top = last.top + last.height + GROUP;
  }
  const drawn = rows.filter((row) => row.kind === "lane").length;
  return { rows, height: top, hidden: recording.tasks.length - drawn };
}

/** One worker's rows below each other: its loop, its tasks, its pool. */
function layOutWorker(recording, worker, top, most) {
  const label = recording.hasSeveralWorkers ? `worker ${worker}: loop` : "loop";
  const rows = [{ kind: "loop", worker, top, height: LOOP, label }];
  top += LOOP + 4;
  const lanes = recording.tasks.filter((lane) => lane.worker === worker);
  for (const lane of lanes.slice(0, most)) {
    rows.push({ kind: "lane", worker, lane, top, height: LANE, label: recording.nameOf(lane.key) });
    top += LANE;
  }
  if (recording.pool.some((event) => event.worker === worker)) {
    rows.push({ kind: "pool", worker, top: top + 4, height: LANE + 4, label: "pool" });
  }
  return rows;
}

/** Draws a recording: time to the right, one row for the loop, each task and the pool. */
export class Painter {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
  }

  get gutter() {
    return this.canvas.clientWidth < 500 ? 72 : 120;
  }

  toX(time, view) {
    const width = this.canvas.clientWidth - this.gutter - 8;
    return this.gutter + ((time - view.from) / (view.to - view.from)) * width;
  }

  toTime(x, view) {
    const width = this.canvas.clientWidth - this.gutter - 8;
    return view.from + ((x - this.gutter) / width) * (view.to - view.from);
  }

  paint(recording, layout, view, pointedLine, playedUntil) {
    this.resize(layout.height);
    this.colours = readColours(this.canvas);
    this.view = view;
    const { context } = this;
    context.clearRect(0, 0, this.canvas.clientWidth, layout.height);
    context.font = "12px system-ui, sans-serif";
    context.textBaseline = "middle";
    this.paintAxis(layout.height);
    for (const row of layout.rows) this.paintRow(row, recording, pointedLine);
    if (playedUntil !== null && playedUntil !== undefined) this.coverAfter(playedUntil, layout.height);
  }

  /** What a replay has not reached is not there yet. */
  coverAfter(time, height) {
    const { context, colours } = this;
    const x = Math.max(this.gutter, this.toX(time, this.view));
    context.clearRect(x, AXIS, this.canvas.clientWidth - x, height - AXIS);
    context.fillStyle = colours.red;
    context.fillRect(x, AXIS - 4, 1.5, height - AXIS);
  }

  resize(height) {
    const ratio = window.devicePixelRatio || 1;
    const width = this.canvas.clientWidth;
    this.canvas.style.height = `${height}px`;
    if (this.canvas.width !== Math.round(width * ratio) || this.canvas.height !== Math.round(height * ratio)) {
      this.canvas.width = Math.round(width * ratio);
      this.canvas.height = Math.round(height * ratio);
    }
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
  }

  paintAxis(height) {
    const { context, view, colours } = this;
    const ticks = Math.max(1, (this.canvas.clientWidth - this.gutter) / TICK_EVERY);
    const step = niceStep((view.to - view.from) / ticks);
    for (let time = Math.ceil(view.from / step) * step; time <= view.to; time += step) {
      const x = Math.round(this.toX(time, view)) + 0.5;
      context.fillStyle = colours.line;
      context.fillRect(x, AXIS - 4, 1, height - AXIS);
      context.fillStyle = colours.muted;
      context.textAlign = x > this.canvas.clientWidth - 40 ? "right" : "center";
      context.fillText(time === 0 ? "0" : inWords(time), x, AXIS / 2 - 1);
    }
  }

  paintRow(row, recording, pointedLine) {
    const { context, colours } = this;
    context.textAlign = "left";
    context.fillStyle = colours.text;
    context.fillText(this.elide(row.label, this.gutter - 10), 2, row.top + row.height / 2);
    context.save();
    context.beginPath();
    context.rect(this.gutter, 0, this.canvas.clientWidth - this.gutter, this.canvas.clientHeight);
    context.clip();
    if (row.kind === "loop") this.paintLoop(row, recording, pointedLine);
    else if (row.kind === "lane") this.paintLane(row, recording);
    else this.paintPool(row, recording);
    context.restore();
  }

  /** Busy in grey as dense as it was, idle empty, blocks red and hatched with their line. */
  paintLoop(row, recording, pointedLine) {
    const { colours } = this;
    this.box(0, recording.end, row, colours.surface, 0);
    for (const lane of recording.lanes.values()) {
      if (lane.worker !== row.worker) continue;
      for (const segment of lane.segments) {
        const density = segment.duration ? segment.busy / segment.duration : 1;
        this.context.globalAlpha = 0.25 + 0.6 * Math.min(1, density);
        this.box(segment.at, segment.duration, row, colours.busy, 6);
      }
    }
    this.context.globalAlpha = 1;
    for (const block of recording.blocks) {
      if (block.worker !== row.worker) continue;
      const { x, width } = this.box(block.at_us, block.duration_us, row, colours.red, 0);
      this.hatch(x, row.top, width, row.height);
      if (block.line && block.line === pointedLine) {
        this.context.strokeStyle = colours.text;
        this.context.lineWidth = 2;
        this.context.strokeRect(x, row.top, width, row.height);
      }
      this.label(block.line ? `line ${block.line} · ${inWords(block.duration_us)}` : inWords(block.duration_us), x, width, row);
    }
  }

  /** A thin line while the task lives, boxes while it runs, a blue bar below while SQL runs. */
  paintLane(row, recording) {
    const { colours } = this;
    const { lane } = row;
    const middle = { top: row.top + row.height / 2 - 1, height: 2 };
    this.box(lane.start, (lane.end ?? recording.end) - lane.start, middle, colours.line, 0);
    for (const segment of lane.segments) this.box(segment.at, segment.duration, row, colours.run, 3);
    const bar = { top: row.top + row.height - 6, height: 5 };
    for (const statement of recording.statements) {
      if (statement.laneKey === lane.key) this.box(statement.at_us, statement.duration_us, bar, colours.sql, 0);
    }
    for (const block of recording.blocks) {
      if (block.laneKey !== lane.key) continue;
      const { x, width } = this.box(block.at_us, block.duration_us, row, colours.red, 3);
      this.hatch(x, row.top + 3, width, row.height - 6);
    }
  }

  /** Connections in use as steps, the pool's size as a dashed line. */
  paintPool(row, recording) {
    const { context, colours, view } = this;
    const told = recording.pool.filter((event) => event.worker === row.worker);
    const size = Math.max(...told.map((event) => Math.max(event.size ?? 0, event.in_use ?? 0)), 1);
    const heightOf = (count) => (count / size) * (row.height - 4);
    const events = told.sort((one, other) => one.at_us - other.at_us);
    events.forEach((event, index) => {
      const until = events[index + 1]?.at_us ?? recording.end;
      const height = heightOf(event.in_use ?? 0);
      const step = { top: row.top + row.height - height, height };
      if (height) this.box(event.at_us, until - event.at_us, step, colours.sql, 0);
    });
    context.strokeStyle = colours.muted;
    context.setLineDash([4, 4]);
    context.beginPath();
    context.moveTo(this.toX(0, view), row.top + 4);
    context.lineTo(this.toX(recording.end, view), row.top + 4);
    context.stroke();
    context.setLineDash([]);
  }

  /** A filled span, never thinner than a pixel; returns where it lies. */
  box(at, duration, { top, height }, colour, inset) {
    const x = this.toX(at, this.view);
    const width = Math.max(1, this.toX(at + duration, this.view) - x);
    this.context.fillStyle = colour;
    this.context.fillRect(x, top + inset, width, height - 2 * inset);
    return { x, width };
  }

  /** Red is told from grey by its pattern too. */
  hatch(x, top, width, height) {
    const { context } = this;
    context.save();
    context.beginPath();
    context.rect(x, top, width, height);
    context.clip();
    context.strokeStyle = "rgb(255 255 255 / 35%)";
    context.lineWidth = 2;
    context.beginPath();
    for (let offset = x - height; offset < x + width; offset += 7) {
      context.moveTo(offset, top + height);
      context.lineTo(offset + height, top);
    }
    context.stroke();
    context.restore();
  }

  /** The text inside its box, or nothing when it does not fit. */
  label(text, x, width, row) {
    const { context } = this;
    const left = Math.max(x, this.gutter);
    if (context.measureText(text).width + 8 > x + width - left) return;
    context.fillStyle = this.colours.onRed;
    context.textAlign = "left";
    context.fillText(text, left + 4, row.top + row.height / 2);
  }

  elide(text, width) {
    if (this.context.measureText(text).width <= width) return text;
    let short = text;
    while (short && this.context.measureText(`${short}…`).width > width) short = short.slice(0, -1);
    return `${short}…`;
  }
}

function readColours(element) {
  const style = getComputedStyle(element);
  const read = (name) => style.getPropertyValue(name).trim();
  return {
    text: read("--text"),
    muted: read("--muted"),
    line: read("--line"),
    surface: read("--surface"),
    busy: read("--busy"),
    run: read("--run"),
    sql: read("--sql"),
    red: read("--red"),
    onRed: read("--on-red"),
  };
}

/** The next of 1, 2, 5 times a power of ten. */
function niceStep(least) {
  const power = 10 ** Math.floor(Math.log10(Math.max(least, 1)));
  return power * [1, 2, 5, 10].find((factor) => factor * power >= least);
}
