import { inWords } from "../durations.js";
import { Gestures } from "./gestures.js";
import { itemAt, lengthOf, rowOf } from "./items.js";
import { KEYS, ZOOM, onKey } from "./keys.js";
import { layOut } from "./layout.js";
import { renderLegend } from "./legend.js";
import { Painter } from "./painter.js";
import { Recording } from "./recording.js";
import { Tables } from "./tables.js";
import { describe, statesOf, tell } from "./words.js";

const TABLES_EVERY_MS = 250;
const LEAST_VIEW_US = 50;

/**
 * The event loop of one run: a picture, and the same facts as tables.
 *
 * Reads `<data class="loop-event" value="[…]">` elements as they are added to its `.events`, or
 * what `load(events)` is given. `scale` ({end_us} or null) makes the picture at least so
 * long, as several timelines on one scale do; `playhead` (µs or null) draws and lists only what
 * happened until then.
 * Events: `loop-select` and `loop-point` {line, column, end_column}, to go to a place in the code
 * and to show it; `loop-blocks` {blocks}.
 */
export class LoopTimeline extends HTMLElement {
  #scale = null;
  #playhead = null;

  connectedCallback() {
    if (this.canvas) return;
    this.source = this.querySelector(".events");
    this.build();
    this.clear();
    if (this.source) {
      new MutationObserver((changes) => this.read(changes)).observe(this.source, { childList: true });
      this.read([]);
    }
    new ResizeObserver(() => this.schedule()).observe(this);
    document.addEventListener("theme-change", () => this.schedule());
    matchMedia("(forced-colors: active)").addEventListener("change", () => this.schedule());
  }

  /** Show these events instead. */
  load(events) {
    this.clear();
    this.recording = new Recording(events);
    this.schedule();
  }

  get scale() {
    return this.#scale;
  }

  set scale(scale) {
    this.#scale = scale;
    this.view = null;
    this.schedule();
  }

  get playhead() {
    return this.#playhead;
  }

  set playhead(time) {
    this.#playhead = time;
    this.schedule();
  }

  /** The time the whole picture shows, µs. */
  get length() {
    return Math.max(this.recording.end, this.#scale?.end_us ?? 0, 1);
  }

  /** Outline the blocks and statements of a line of code. */
  pointAt(line) {
    this.pointedLine = line;
    this.schedule();
  }

  /** Zoom to {what, at_us, duration_us, worker}, select the silence that it is, and say it. */
  showMoment(moment) {
    if (this.recording.isEmpty) return;
    const { what, at_us: at, duration_us: duration, worker } = moment;
    this.moment = moment;
    this.layout = layOut(this.recording, this.isExpanded);
    const lag = this.recording.witness.lag.find((one) => one.at_us === at && one.worker === worker);
    const row = lag && rowOf(this.recording, this.layout, lag);
    if (row) this.choose(lag, row);
    const room = Math.max(duration * 0.2, LEAST_VIEW_US);
    this.show(at - room, at + duration + room);
    this.pointed.textContent = `${what}: from ${inWords(at)} on, for ${inWords(duration)}.`;
    this.canvas.focus({ preventScroll: true }); // whoever asked scrolls to all of the picture
  }

  build() {
    this.picture = make("div", { className: "picture", hidden: true });
    this.canvas = make("canvas", { tabIndex: 0 });
    this.canvas.setAttribute("role", "img");
    this.canvas.addEventListener("keydown", (event) => onKey(this, event));
    new Gestures(this.canvas, this);
    this.pointed = make("p", { className: "pointed" });
    this.pointed.setAttribute("aria-live", "polite");
    this.legend = make("ul", { className: "legend" });
    this.legend.setAttribute("aria-label", "Colours and patterns");
    const keys = make("p", { className: "keys", textContent: KEYS });
    this.picture.append(this.buildTools(), this.canvas, this.pointed, this.legend, keys);
    const tables = make("div", { className: "tables" });
    this.append(this.picture, tables);
    this.painter = new Painter(this.canvas);
    this.tables = new Tables(tables, {
      show: (item) => this.showItem(item),
      select: (item) => this.goToCode(item),
    });
  }

  buildTools() {
    const tools = make("div", { className: "tools" });
    tools.setAttribute("role", "group");
    tools.setAttribute("aria-label", "Zoom");
    this.more = make("button", { type: "button", className: "more", hidden: true });
    this.more.addEventListener("click", () => {
      this.isExpanded = !this.isExpanded;
      this.schedule();
    });
    tools.append(this.more);
    const actions = [
      ["−", "Zoom out", () => this.zoom(ZOOM)],
      ["+", "Zoom in", () => this.zoom(1 / ZOOM)],
      ["All", "Show all", () => this.showAll()],
    ];
    for (const [text, label, action] of actions) {
      const button = make("button", { type: "button", textContent: text, title: label });
      button.setAttribute("aria-label", label);
      button.addEventListener("click", action);
      tools.append(button);
    }
    return tools;
  }

  read(changes) {
    if (changes.some((change) => change.removedNodes.length)) this.clear();
    for (const element of this.source.querySelectorAll("data.loop-event:not([data-read])")) {
      element.dataset.read = "";
      for (const event of JSON.parse(element.value)) this.recording.add(event);
    }
    this.schedule();
  }

  clear() {
    this.recording = new Recording();
    this.view = null;
    this.selected = this.moment = null;
    this.isExpanded = false;
    this.pointedLine = 0;
    this.pointed.textContent = "";
    this.tables.clear();
    this.schedule();
  }

  /** Draw at the next frame, and write the tables a few times a second at most. */
  schedule() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.draw();
    });
    this.tablesTimer ??= setTimeout(() => {
      this.tablesTimer = undefined;
      this.writeFacts();
    }, TABLES_EVERY_MS);
  }

  draw() {
    this.picture.hidden = this.recording.isEmpty;
    if (this.recording.isEmpty) return;
    this.layout = layOut(this.recording, this.isExpanded);
    if (!this.canvas.hasAttribute("aria-label")) this.nameCanvas(); // later as the facts are written
    const { item, row } = this.selected ?? {};
    const marks = { line: this.pointedLine, item, row, playhead: this.#playhead, moment: this.moment };
    this.painter.paint(this.recording, this.layout, this.visible(), marks);
  }

  nameCanvas() {
    this.canvas.setAttribute("aria-label", describe(this.recording, this.layout.hidden));
  }

  /** Everything in words: the picture's name, the legend, the tables, the lines for the editor. */
  writeFacts() {
    const { recording, layout } = this;
    if (!recording.isEmpty && layout) {
      this.nameCanvas();
      this.more.hidden = !layout.hidden && !this.isExpanded;
      this.more.textContent = this.isExpanded ? "Fewer rows" : `${layout.hidden} more rows`;
      this.legend.replaceChildren(...renderLegend(statesOf(recording), getComputedStyle(this.canvas)));
    }
    const told = this.#playhead === null ? recording : recording.until(this.#playhead);
    this.tables.write(told);
    this.dispatchEvent(new CustomEvent("loop-blocks", { detail: { blocks: told.blocksByLine() } }));
  }

  visible() {
    return this.view ?? { from: 0, to: this.length };
  }

  goToCode(item) {
    if (item?.line) this.announce("loop-select", item);
  }

  announce(name, item) {
    this.dispatchEvent(new CustomEvent(name, { detail: item }));
  }

  /** Make an item the selected one, tell of it, bring it into view and show its code. */
  choose(item, row) {
    this.selected = { item, row };
    this.pointed.textContent = tell(item, this.recording);
    this.bringIntoView(item);
    this.announce("loop-point", item);
    this.schedule();
  }

  /** From a table: select an item on the picture, and go there. */
  showItem(item) {
    let row = rowOf(this.recording, this.layout, item);
    if (!row && !this.isExpanded) {
      this.isExpanded = true;
      this.layout = layOut(this.recording, true);
      row = rowOf(this.recording, this.layout, item);
    }
    if (!row) return;
    this.choose(item, row);
    this.canvas.focus();
  }

  bringIntoView(item) {
    const { from, to } = this.visible();
    const end = item.at_us + lengthOf(item, this.recording);
    if (item.at_us >= from && end <= to) return;
    const width = Math.max(to - from, (end - item.at_us) * 1.2);
    const middle = (item.at_us + end) / 2;
    this.show(middle - width / 2, middle + width / 2);
  }

  showAll() {
    this.view = null;
    this.schedule();
  }

  zoom(factor, centre) {
    const { from, to } = this.visible();
    const { item } = this.selected ?? {};
    const middle = centre ?? (item && item.at_us >= from && item.at_us <= to ? item.at_us : (from + to) / 2);
    this.show(middle - (middle - from) * factor, middle + (to - middle) * factor);
  }

  pan(microseconds) {
    const { from, to } = this.visible();
    const bounded = Math.max(-from, Math.min(microseconds, this.length - to));
    this.show(from + bounded, to + bounded);
  }

  show(from, to) {
    const width = Math.max(to - from, LEAST_VIEW_US);
    const start = Math.max(0, Math.min(from, this.length - width));
    this.view = width >= this.length ? null : { from: start, to: start + width };
    this.schedule();
  }

  onClick(event) {
    const found = this.find(event);
    if (!found) return;
    this.choose(found.item, found.row);
    this.goToCode(found.item);
  }

  hover(event) {
    const found = this.find(event);
    this.canvas.classList.toggle("over-line", Boolean(found?.item.line));
    const item = found?.item ?? this.selected?.item;
    const words = item ? tell(item, this.recording) : "";
    if (this.pointed.textContent !== words) this.pointed.textContent = words;
  }

  timeAt({ clientX }) {
    return this.painter.toTime(clientX - this.canvas.getBoundingClientRect().left, this.visible());
  }

  /** The item and row below the pointer. */
  find(event) {
    if (this.recording.isEmpty || !this.layout) return null;
    const y = event.clientY - this.canvas.getBoundingClientRect().top;
    const row = this.layout.rows.find((one) => y >= one.top && y < one.top + one.height);
    const { from, to } = this.visible();
    const item = row && itemAt(this.recording, row, this.timeAt(event), (to - from) / 300);
    return item ? { item, row } : null;
  }
}

function make(name, properties) {
  return Object.assign(document.createElement(name), properties);
}
