import { inWords } from "../durations.js";
import { lengthOf } from "./items.js";
import { BLOCK, HOLD, STATEMENT, STATES, TRANSACTION, makePattern, stateOf } from "./states.js";
import { WORTH_TELLING_US } from "./recording.js";

const AXIS = 20;
const TICK_EVERY = 90;
const BOTTOM_TO_TOP = [HOLD, ...Object.values(STATES), TRANSACTION, STATEMENT, BLOCK];
const MARKS = { done: "", cancelled: "×", raised: "!" };

/** Draws a recording: time to the right, a row for each loop, lane, connection and pool. */
export class Painter {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.theme = "";
  }

  get gutter() {
    return this.canvas.clientWidth < 500 ? 84 : 132;
  }

  toX(time) {
    const width = this.canvas.clientWidth - this.gutter - 8;
    return this.gutter + ((time - this.view.from) / (this.view.to - this.view.from)) * width;
  }

  toTime(x, view) {
    const width = this.canvas.clientWidth - this.gutter - 8;
    return view.from + ((x - this.gutter) / width) * (view.to - view.from);
  }

  /** `marks`: {line} pointed at in the code, {item} selected, {playhead} µs or null. */
  paint(recording, layout, view, marks) {
    this.resize(layout.height);
    this.readTheme();
    Object.assign(this, { view, recording, marks, width: this.canvas.clientWidth });
    this.until = Math.min(view.to, marks.playhead ?? Infinity);
    this.batches = new Map(BOTTOM_TO_TOP.map((state) => [state, []]));
    this.texts = [];
    const { context } = this;
    context.clearRect(0, 0, this.width, layout.height);
    context.font = "12px system-ui, sans-serif";
    context.textBaseline = "middle";
    this.paintAxis(layout.height);
    for (const row of layout.rows) this.paintLabel(row);
    context.save();
    context.beginPath();
    context.rect(this.gutter, 0, this.toX(this.until) - this.gutter + 1, layout.height);
    context.clip();
    for (const row of layout.rows) this[`${row.kind}Row`](row);
    this.flush();
    this.paintTexts();
    this.paintSelected(layout);
    context.restore();
    if (marks.playhead !== null) this.paintPlayhead(layout.height);
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

  /** Colours and patterns, anew only when the theme changed. */
  readTheme() {
    const style = getComputedStyle(this.canvas);
    const read = (name) => style.getPropertyValue(name).trim();
    const theme = ["--text", "--surface", "--red"].map(read).join();
    if (theme === this.theme) return;
    this.theme = theme;
    this.colour = Object.fromEntries(
      ["text", "muted", "line", "surface", "sunken", "busy", "on-red", "accent", "red-soft"].map((name) => [name, read(`--${name}`)]),
    );
    this.fills = new Map();
    for (const state of BOTTOM_TO_TOP) {
      const pattern = makePattern(this.context, state.pattern, read("--pattern-ink"));
      this.fills.set(state, { colour: read(state.colour), pattern });
    }
  }

  paintAxis(height) {
    const { context, view, colour } = this;
    const ticks = Math.max(1, (this.width - this.gutter) / TICK_EVERY);
    const step = niceStep((view.to - view.from) / ticks);
    for (let time = Math.ceil(view.from / step) * step; time <= view.to; time += step) {
      const x = Math.round(this.toX(time)) + 0.5;
      context.fillStyle = colour.line;
      context.fillRect(x, AXIS - 4, 1, height - AXIS);
      context.fillStyle = colour.muted;
      context.textAlign = x > this.width - 40 ? "right" : "center";
      context.fillText(time === 0 ? "0" : inWords(time), x, AXIS / 2 - 1);
    }
  }

  paintLabel(row) {
    const { context, colour } = this;
    context.textAlign = "left";
    const isHeading = row.kind === "heading";
    context.fillStyle = isHeading ? colour.muted : colour.text;
    const text = isHeading ? row.label : this.elide(row.label, this.gutter - (row.kind === "lane" ? 18 : 10));
    context.fillText(text, row.kind === "lane" || row.kind === "connection" ? 10 : 2, row.top + row.height / 2);
  }

  headingRow() {}

  /** Busy in grey as dense as it was, idle empty, blocks red and hatched with their line. */
  loopRow(row) {
    const { context, colour, recording } = this;
    context.fillStyle = colour.surface;
    this.rectangle(0, recording.end, row.top, row.height);
    context.fillStyle = colour.busy;
    for (const lane of recording.lanes.values()) {
      if (lane.worker !== row.worker) continue;
      this.eachVisible(recording.spansOf(lane), (span) => {
        if (span.kind !== "run") return;
        context.globalAlpha = 0.25 + 0.6 * Math.min(1, span.duration_us ? span.busy_us / span.duration_us : 1);
        this.rectangle(span.at_us, span.duration_us, row.top + 6, row.height - 12);
      });
    }
    context.globalAlpha = 1;
    for (const block of recording.blocks) {
      if (block.worker === row.worker && this.isVisible(block)) this.loopBlock(row, block);
    }
  }

  /** A short block is shown lower and without its words: it is in the picture, and no news. */
  loopBlock(row, block) {
    const isShort = block.duration_us < WORTH_TELLING_US;
    const inset = isShort ? 8 : 0;
    const { x, width } = this.add(BLOCK, block.at_us, block.duration_us, row.top + inset, row.height - 2 * inset);
    const { line, duration_us: duration } = block;
    if (line && line === this.marks.line) this.outline(x, row.top, width, row.height, 2);
    const words = line ? [`line ${line} · ${inWords(duration)}`, `line ${line}`, `${line}`] : [inWords(duration)];
    if (!isShort) this.text(words, x, width, row, "on-red");
  }

  /** What a witness outside saw: a step as high as the answer was late. */
  lagRow(row) {
    const { context, colour, recording } = this;
    const told = recording.witness.lag.filter((event) => event.worker === row.worker);
    const most = told.reduce((longest, event) => Math.max(longest, event.duration_us), 1);
    context.fillStyle = colour.line;
    this.rectangle(0, recording.end, row.top + row.height - 1, 1);
    context.fillStyle = colour.accent;
    for (const event of told) {
      const height = Math.max(2, (event.duration_us / most) * (row.height - 3));
      const { x, width } = this.rectangle(event.at_us, event.duration_us, row.top + row.height - height, 2);
      context.fillRect(x, row.top + row.height - height, 1, height);
      context.fillRect(x + width - 1, row.top + row.height - height, 1, height);
      this.text([inWords(event.duration_us)], x, width, row, "text");
    }
  }

  /** A thin line while the lane lives; boxes for what it does; a bar below while SQL runs. */
  laneRow(row) {
    const { recording, colour } = this;
    const { lane } = row;
    this.context.fillStyle = colour.line;
    this.rectangle(lane.start, (lane.end ?? recording.end) - lane.start, row.top + row.height / 2 - 1, 2);
    this.eachVisible(recording.spansOf(lane), (span) => this.laneSpan(row, span));
    for (const statement of lane.statements) {
      if (this.isVisible(statement)) {
        this.add(STATEMENT, statement.at_us, statement.duration_us, row.top + row.height - 5, 4);
        if (statement.line && statement.line === this.marks.line) this.outlineSpan(statement, row);
      }
    }
    for (const block of lane.blocks) {
      if (block.duration_us >= WORTH_TELLING_US && this.isVisible(block)) {
        this.add(BLOCK, block.at_us, block.duration_us, row.top + 3, row.height - 6);
      }
    }
    if (MARKS[lane.state] && lane.end <= this.until) {
      this.texts.push({ text: MARKS[lane.state], x: this.toX(lane.end) + 3, y: row.top + row.height / 2, colour: "text" });
    }
  }

  laneSpan(row, span) {
    const state = STATES[stateOf(span)];
    const inset = span.kind === "await" ? 5 : 3;
    const { x, width } = this.add(state, span.at_us, span.duration_us, row.top + inset, row.height - 2 * inset);
    if (state.short && width > 60) this.text([state.short], x, width, row, "text", state);
  }

  /** Who has the connection, and on it the transaction and the statements. */
  connectionRow(row) {
    const { holds, transactions, statements } = row.connection;
    for (const hold of holds) {
      const { x, width } = this.add(HOLD, hold.at_us, lengthOf(hold, this.recording), row.top + 3, row.height - 6);
      this.text([this.recording.nameOf(hold.laneKey)], x, width, row, "text");
    }
    for (const one of transactions) this.add(TRANSACTION, one.at_us, lengthOf(one, this.recording), row.top + 1, 4);
    this.eachVisible(statements, (one) => this.add(STATEMENT, one.at_us, one.duration_us, row.top + row.height - 6, 5));
  }

  lockRow(row) {
    for (const wait of this.recording.locksOf(row.worker)) {
      if (!this.isVisible(wait)) continue;
      const { x, width } = this.add(STATES.lock, wait.at_us, wait.duration_us, row.top + 3, row.height - 6);
      this.text([`${wait.connection} waits for ${wait.blocked_by}`, `${wait.blocked_by}`], x, width, row, "text");
    }
  }

  /** Connections in use as steps, the pool's size as a dashed line. */
  poolRow(row) {
    const { context, colour, recording } = this;
    const events = recording.pool
      .filter((event) => event.worker === row.worker && (event.pool ?? 0) === row.pool && event.in_use != null)
      .sort((one, other) => one.at_us - other.at_us);
    const size = Math.max(...events.map((event) => Math.max(event.size ?? 0, event.in_use)), 1);
    events.forEach((event, index) => {
      const until = events[index + 1]?.at_us ?? recording.end;
      const height = (event.in_use / size) * (row.height - 4);
      if (height) this.add(HOLD, event.at_us, until - event.at_us, row.top + row.height - height, height);
    });
    context.strokeStyle = colour.muted;
    context.setLineDash([4, 4]);
    context.beginPath();
    context.moveTo(this.toX(0), row.top + 4);
    context.lineTo(this.toX(recording.end), row.top + 4);
    context.stroke();
    context.setLineDash([]);
    this.texts.push({ text: `of ${size}`, x: this.gutter + 4, y: row.top + 9, colour: "muted" });
  }

  /** Spans in the visible time, found by halving: they are in order and hardly overlap. */
  eachVisible(spans, draw) {
    let low = 0;
    let high = spans.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (spans[middle].at_us + spans[middle].duration_us < this.view.from) low = middle + 1;
      else high = middle;
    }
    for (; low < spans.length && spans[low].at_us <= this.until; low++) draw(spans[low]);
  }

  isVisible({ at_us: at, duration_us: duration }) {
    return at <= this.until && at + duration >= this.view.from;
  }

  rectangle(at, duration, top, height) {
    const x = Math.max(this.toX(at), this.gutter - 1);
    const width = Math.max(1, Math.min(this.toX(at + duration), this.width) - x);
    this.context.fillRect(x, top, width, height);
    return { x, width };
  }

  /** Note a span for `flush`; never thinner than a pixel. Returns where it lies. */
  add(state, at, duration, top, height) {
    const x = Math.max(this.toX(at), this.gutter - 1);
    const width = Math.max(1, Math.min(this.toX(at + duration), this.width) - x);
    const batch = this.batches.get(state);
    const last = batch.length - 4;
    // Zoomed out, many fall on the same pixel of the same row.
    if (last < 0 || batch[last] + batch[last + 2] < x + width || batch[last + 1] !== top) batch.push(x, top, width, height);
    return { x, width };
  }

  /** Draw the spans of each state together: changing colours is what costs. */
  flush() {
    const { context } = this;
    for (const [state, batch] of this.batches) {
      const { colour, pattern } = this.fills.get(state);
      context.fillStyle = context.strokeStyle = colour;
      const isOutline = state.pattern === "outline";
      for (let at = 0; at < batch.length; at += 4) {
        if (isOutline && batch[at + 2] > 3) context.strokeRect(batch[at] + 0.5, batch[at + 1] + 0.5, batch[at + 2] - 1, batch[at + 3] - 1);
        else context.fillRect(batch[at], batch[at + 1], batch[at + 2], batch[at + 3]);
      }
      if (!pattern) continue;
      context.fillStyle = pattern;
      for (let at = 0; at < batch.length; at += 4) {
        if (batch[at + 2] > 3) context.fillRect(batch[at], batch[at + 1], batch[at + 2], batch[at + 3]);
      }
    }
  }

  /** Note the first of some wordings that fits its box; drawn above all boxes. */
  text(wordings, x, width, row, colour, state) {
    const left = Math.max(x, this.gutter);
    const room = Math.min(x + width, this.toX(this.until)) - left - 8;
    if (room < 8) return;
    const text = wordings.find((one) => this.context.measureText(one).width <= room);
    if (text) this.texts.push({ text, x: left + 4, y: row.top + row.height / 2, colour, onto: state ?? (colour === "text") });
  }

  paintTexts() {
    const { context } = this;
    context.textAlign = "left";
    for (const { text, x, y, colour, onto } of this.texts) {
      if (onto) {
        context.fillStyle = this.colour.surface;
        context.globalAlpha = 0.8;
        context.fillRect(x - 2, y - 6, context.measureText(text).width + 4, 12);
        context.globalAlpha = 1;
      }
      context.fillStyle = this.colour[colour];
      context.fillText(text, x, y + 0.5);
    }
  }

  paintSelected(layout) {
    const { item, row } = this.marks;
    const shown = row && layout.rows.find((one) => one.kind === row.kind && one.top === row.top);
    if (item && shown) this.outlineSpan(item, shown);
  }

  outlineSpan(item, row) {
    const x = this.toX(item.at_us);
    const width = Math.max(3, this.toX(item.at_us + lengthOf(item, this.recording)) - x);
    this.outline(x, row.top + 1, width, row.height - 2, 2);
  }

  outline(x, top, width, height, thickness) {
    this.context.strokeStyle = this.colour.text;
    this.context.lineWidth = thickness;
    this.context.strokeRect(x, top, width, height);
    this.context.lineWidth = 1;
  }

  paintPlayhead(height) {
    this.context.fillStyle = this.colour.accent;
    this.context.fillRect(this.toX(this.until), AXIS - 6, 2, height);
  }

  elide(text, width) {
    this.elided ??= new Map();
    const key = `${width} ${text}`;
    if (!this.elided.has(key)) this.elided.set(key, shorten(this.context, text, width));
    return this.elided.get(key);
  }
}

function shorten(context, text, width) {
  if (context.measureText(text).width <= width) return text;
  let short = text.slice(0, 60);
  while (short && context.measureText(`${short}…`).width > width) short = short.slice(0, -1);
  return `${short}…`;
}

/** The next of 1, 2, 5 times a power of ten. */
function niceStep(least) {
  const power = 10 ** Math.floor(Math.log10(Math.max(least, 1)));
  return power * [1, 2, 5, 10].find((factor) => factor * power >= least);
}
