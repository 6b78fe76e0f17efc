import { inWords } from "../durations.js";
import { Brush } from "./brush.js";
import { lengthOf } from "./items.js";
import { WORTH_TELLING_US } from "./recording.js";
import { BLOCK, HOLD, STATEMENT, STATES, TRANSACTION, stateOf } from "./states.js";

const AXIS = 20;
const TICK_EVERY = 90;
const MARKS = { cancelled: "×", unanswered: "×", raised: "!" };

/** Draws a recording: time to the right, a row for each loop, lane, connection and pool. */
export class Painter extends Brush {
  constructor(canvas) {
    super(canvas, [HOLD, ...Object.values(STATES), TRANSACTION, STATEMENT, BLOCK]);
  }

  /** `marks`: {line} pointed at in the code, {item} selected, {playhead} µs or null, the {moment} of a failure. */
  paint(recording, layout, view, marks) {
    Object.assign(this, { recording, marks });
    this.begin(layout.height, view, Math.min(view.to, marks.playhead ?? Infinity));
    const { context } = this;
    this.paintAxis(layout.height);
    if (marks.moment) this.paintMoment(marks.moment, layout.height);
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

  /** A shade behind all rows, with an edge on both sides. */
  paintMoment({ at_us: at, duration_us: duration }, height) {
    const { context, colour } = this;
    context.fillStyle = colour.accent;
    context.globalAlpha = 0.12;
    const { x, width } = this.rectangle(at, duration, AXIS, height - AXIS);
    context.globalAlpha = 1;
    context.fillRect(x, AXIS, 2, height - AXIS);
    context.fillRect(x + width, AXIS, 2, height - AXIS);
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
      if (lane.worker !== row.worker || lane.of === "thread") continue;
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
    const size = Math.max(0, ...events.map((event) => event.size ?? 0));
    const most = Math.max(size, 1, ...events.map((event) => event.in_use));
    const heightOf = (count) => (count / most) * (row.height - 4);
    events.forEach((event, index) => {
      const until = events[index + 1]?.at_us ?? recording.end;
      const height = heightOf(event.in_use);
      if (height) this.add(HOLD, event.at_us, until - event.at_us, row.top + row.height - height, height);
    });
    if (!size) return;
    const top = row.top + row.height - heightOf(size);
    context.strokeStyle = colour.muted;
    context.setLineDash([4, 4]);
    context.beginPath();
    context.moveTo(this.toX(0), top);
    context.lineTo(this.toX(recording.end), top);
    context.stroke();
    context.setLineDash([]);
    this.texts.push({ text: `size ${size}`, x: this.gutter + 4, y: row.top + row.height - 7, colour: "muted" });
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

  paintPlayhead(height) {
    this.context.fillStyle = this.colour.accent;
    this.context.fillRect(this.toX(this.until), AXIS - 6, 2, height);
  }
}

/** The next of 1, 2, 5 times a power of ten. */
function niceStep(least) {
  const power = 10 ** Math.floor(Math.log10(Math.max(least, 1)));
  return power * [1, 2, 5, 10].find((factor) => factor * power >= least);
}
