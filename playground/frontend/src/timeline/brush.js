import { makePattern } from "./states.js";

const COLOURS = ["text", "muted", "line", "surface", "busy", "on-red", "accent"];
const MOST_KEPT = 1000;

/**
 * Canvas, scale and colours. Spans and texts are noted while rows are drawn and then put on the
 * canvas together, the spans in the order of `states`, from the bottom to the top.
 */
export class Brush {
  constructor(canvas, states) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.states = states;
    this.theme = "";
    this.elided = new Map();
    this.measure();
  }

  /** Ask the page for the width once a frame: asking for each span is what took most of the time. */
  measure() {
    this.width = this.canvas.clientWidth;
    this.gutter = this.width < 500 ? 84 : 132;
    this.room = this.width - this.gutter - 8;
  }

  toX(time) {
    return this.gutter + ((time - this.view.from) / (this.view.to - this.view.from)) * this.room;
  }

  toTime(x, view) {
    return view.from + ((x - this.gutter) / this.room) * (view.to - view.from);
  }

  /** Begin anew: `view` is the time to show, `until` the last of it that is drawn, in µs. */
  begin(height, view, until) {
    this.measure();
    this.resize(height);
    this.readTheme();
    Object.assign(this, { view, until, texts: [] });
    this.batches = new Map(this.states.map((state) => [state, []]));
    this.context.clearRect(0, 0, this.width, height);
    this.context.font = "12px system-ui, sans-serif";
    this.context.textBaseline = "middle";
  }

  resize(height) {
    const ratio = window.devicePixelRatio || 1;
    this.canvas.style.height = `${height}px`;
    if (this.canvas.width !== Math.round(this.width * ratio) || this.canvas.height !== Math.round(height * ratio)) {
      this.canvas.width = Math.round(this.width * ratio);
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
    this.colour = Object.fromEntries(COLOURS.map((name) => [name, read(`--${name}`)]));
    this.fills = new Map();
    for (const state of this.states) {
      const pattern = makePattern(this.context, state.pattern, read("--pattern-ink"));
      this.fills.set(state, { colour: read(state.colour), pattern });
    }
  }

  /** Where a span lies: {x, width}, never thinner than a pixel. */
  place(at, duration) {
    const x = Math.max(this.toX(at), this.gutter - 1);
    return { x, width: Math.max(1, Math.min(this.toX(at + duration), this.width) - x) };
  }

  /** Fill a span at once, in the colour that is set. */
  rectangle(at, duration, top, height) {
    const { x, width } = this.place(at, duration);
    this.context.fillRect(x, top, width, height);
    return { x, width };
  }

  /** Note a span for `flush`. Returns where it lies. */
  add(state, at, duration, top, height) {
    const { x, width } = this.place(at, duration);
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

  outline(x, top, width, height, thickness) {
    this.context.strokeStyle = this.colour.text;
    this.context.lineWidth = thickness;
    this.context.strokeRect(x, top, width, height);
    this.context.lineWidth = 1;
  }

  elide(text, width) {
    if (this.elided.size > MOST_KEPT) this.elided.clear();
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
