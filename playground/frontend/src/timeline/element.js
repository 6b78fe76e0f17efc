import { inWords } from "../durations.js";
import { Painter, layOut } from "./painter.js";
import { Recording } from "./recording.js";
import { renderTables } from "./tables.js";

const ZOOM = 1.6;
const TABLES_EVERY_MS = 250;

/**
 * The event loop of one run: a picture, and the same facts as tables.
 *
 * Reads `<data class="loop-event" value="[…]">` elements as they are added to its `.events`.
 * Events: `loop-select` {line, column, end_column}; `loop-blocks` {blocks}.
 */
export class LoopTimeline extends HTMLElement {
  connectedCallback() {
    if (this.canvas) return;
    this.source = this.querySelector(".events");
    this.build();
    this.clear();
    new MutationObserver((changes) => this.read(changes)).observe(this.source, { childList: true });
    new ResizeObserver(() => this.schedule()).observe(this);
    document.addEventListener("theme-change", () => this.schedule());
  }

  /** Outline the blocks of a line of code. */
  pointAt(line) {
    this.pointedLine = line;
    this.schedule();
  }

  /** Show these events in the place of all others. */
  load(events) {
    this.clear();
    for (const event of events) this.recording.add(event);
    this.schedule();
  }

  /** {end_us}: draw at least so much time, as several timelines on one scale do. */
  set scale(scale) {
    this.leastEnd = scale?.end_us ?? 0;
    this.schedule();
  }

  get playhead() {
    return this.playedUntil ?? null;
  }

  /** Draw only what happened until then, in µs; null for all. */
  set playhead(at) {
    this.playedUntil = at;
    this.schedule();
  }

  build() {
    this.picture = document.createElement("div");
    this.picture.className = "picture";
    this.canvas = document.createElement("canvas");
    this.canvas.setAttribute("role", "img");
    this.canvas.tabIndex = 0;
    this.canvas.addEventListener("keydown", (event) => this.onKey(event));
    this.canvas.addEventListener("click", (event) => this.onClick(event));
    this.canvas.addEventListener("pointermove", (event) => this.onPointer(event));
    this.pointed = document.createElement("p");
    this.pointed.className = "pointed";
    this.picture.append(this.buildTools(), this.canvas, this.pointed);
    this.tables = document.createElement("div");
    this.tables.className = "tables";
    this.append(this.picture, this.tables);
    this.painter = new Painter(this.canvas);
  }

  buildTools() {
    const tools = document.createElement("div");
    tools.className = "tools";
    tools.setAttribute("role", "group");
    tools.setAttribute("aria-label", "Zoom");
    this.more = Object.assign(document.createElement("span"), { className: "more" });
    tools.append(this.more);
    const actions = [
      ["−", "Zoom out", () => this.zoom(ZOOM)],
      ["+", "Zoom in", () => this.zoom(1 / ZOOM)],
      ["All", "Show all", () => this.showAll()],
    ];
    for (const [text, label, action] of actions) {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: text });
      button.setAttribute("aria-label", label);
      button.title = label;
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
    this.pointedLine = 0;
    this.pointed.textContent = "";
    this.tables.replaceChildren();
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
      this.writeTables();
    }, TABLES_EVERY_MS);
  }

  draw() {
    this.picture.hidden = this.recording.isEmpty;
    if (this.recording.isEmpty) return;
    const layout = layOut(this.recording);
    this.painter.paint(this.recording, layout, this.visible(), this.pointedLine, this.playedUntil);
    this.more.textContent = layout.hidden ? `${layout.hidden} more tasks are in the table below` : "";
    this.canvas.setAttribute("aria-label", this.describe(layout));
  }

  visible() {
    return this.view ?? { from: 0, to: Math.max(this.recording.end, this.leastEnd ?? 0, 1) };
  }

  describe({ hidden }) {
    const { recording } = this;
    const longest = recording.blocks.reduce((most, block) => Math.max(most, block.duration_us), 0);
    const blocks = longest
      ? `${recording.blocks.length} block(s), the longest ${inWords(longest)}`
      : "nothing held the loop";
    const loops = recording.hasSeveralWorkers
      ? `${recording.workers.length} event loops, one for each worker`
      : "the event loop";
    const more = hidden ? `, ${hidden} of them not drawn` : "";
    return (
      `${inWords(recording.end)} of ${loops}: ${blocks}; ${recording.tasks.length} task(s)${more}; ` +
      `${recording.statements.length} SQL statement(s). The tables below hold the same.`
    );
  }

  writeTables() {
    const open = [...this.tables.children].filter((one) => one.open).map((one) => one.dataset.title);
    const tables = renderTables(this.recording, (event) => this.select(event));
    for (const one of tables) one.open = open.includes(one.dataset.title);
    this.tables.replaceChildren(...tables);
    this.dispatchEvent(
      new CustomEvent("loop-blocks", { detail: { blocks: this.recording.blocksByLine() } }),
    );
  }

  select(event) {
    this.dispatchEvent(new CustomEvent("loop-select", { detail: event }));
  }

  showAll() {
    this.view = null;
    this.schedule();
  }

  zoom(factor, centre) {
    const { from, to } = this.visible();
    const middle = centre ?? (from + to) / 2;
    this.show(middle - (middle - from) * factor, middle + (to - middle) * factor);
  }

  pan(share) {
    const { from, to } = this.visible();
    const step = (to - from) * share;
    const bounded = Math.max(-from, Math.min(step, this.recording.end - to));
    this.show(from + bounded, to + bounded);
  }

  show(from, to) {
    const end = this.recording.end;
    const whole = to - from >= end;
    this.view = whole ? null : { from: Math.max(0, from), to: Math.min(end, Math.max(to, from + 50)) };
    this.schedule();
  }

  onKey(event) {
    const actions = {
      "+": () => this.zoom(1 / ZOOM),
      "=": () => this.zoom(1 / ZOOM),
      "-": () => this.zoom(ZOOM),
      0: () => this.showAll(),
      ArrowLeft: () => this.pan(-0.2),
      ArrowRight: () => this.pan(0.2),
    };
    if (event.ctrlKey || event.metaKey || !(event.key in actions)) return;
    event.preventDefault();
    actions[event.key]();
  }

  onClick(event) {
    const found = this.find(event);
    if (found?.line) this.select(found);
  }

  onPointer(event) {
    const found = this.find(event);
    this.canvas.classList.toggle("over-line", Boolean(found?.line));
    this.pointed.textContent = found ? this.tell(found) : "";
  }

  /** The block, statement or task below the pointer. */
  find(event) {
    if (this.recording.isEmpty) return null;
    const { left, top } = this.canvas.getBoundingClientRect();
    const time = this.painter.toTime(event.clientX - left, this.visible());
    const y = event.clientY - top;
    const row = layOut(this.recording).rows.find((one) => y >= one.top && y < one.top + one.height);
    if (!row || row.kind === "pool") return null;
    const slack = (this.visible().to - this.visible().from) / 300;
    const isHit = (one) => time >= one.at_us - slack && time <= one.at_us + one.duration_us + slack;
    const isHere = (one) => isHit(one) && (row.kind === "loop" ? one.worker === row.worker : one.laneKey === row.lane.key);
    return (
      this.recording.blocks.find(isHere) ??
      (row.kind === "lane" ? (this.recording.statements.find(isHere) ?? row.lane) : null)
    );
  }

  tell(found) {
    const where = found.line ? `, line ${found.line}` : "";
    if (found.kind === "block") return `${found.call || found.source || "code"}${where}: held the loop for ${inWords(found.duration_us)}`;
    if (found.kind === "sql") return `${found.statement}${where}: ${inWords(found.duration_us)}`;
    const { busy, alive } = this.recording.sumOf(found);
    return `${this.recording.nameOf(found.key)}${where}: ran ${inWords(busy)} in ${inWords(alive)}`;
  }
}
