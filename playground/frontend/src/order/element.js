import { Edits } from "../edits/edits.js";
import { inWords } from "../durations.js";
import { Drag } from "./drag.js";
import { Lines } from "./lines.js";
import { make, makeFixed, makeLine } from "./rows.js";

const MARKS = ["line-blocked", "line-failed", "pointed"];
let made = 0;

/**
 * Lines to be put in order, by mouse, finger, buttons or keys; `data-ordering` says which and in
 * what program. The textarea stays in its form and holds the program as it is put together.
 *
 * With `data-all` every line belongs: none can be left out.
 *
 * What a cell asks of its editor it may ask of this as well, and it tells the same: `editor-run`,
 * `editor-code`, `editor-line` {line}.
 */
export class OrderLines extends HTMLElement {
  connectedCallback() {
    if (this.lines) return;
    this.textarea = this.querySelector("textarea");
    this.author = this.textarea.defaultValue;
    this.lines = new Lines(JSON.parse(this.dataset.ordering));
    this.edits = this.dataset.key ? new Edits(this) : null;
    const kept = this.edits?.begin() ?? this.author;
    if (kept !== this.author) this.lines.read(kept);
    this.textarea.hidden = true;
    this.build();
    this.write();
    this.edits?.connect();
  }

  build() {
    const keys = make("p", { className: "keys", id: `order-keys-${(made += 1)}`, textContent: this.tellKeys() });
    const { before, after, all, setsIndent } = this.lines;
    this.before = makeFixed(before, "The program before the lines");
    this.after = makeFixed(after, "The program after the lines");
    this.rows = new Map(all.map((line) => [line, makeLine(line, setsIndent, keys.id)]));
    this.program = this.makeList("Lines of the program");
    this.leftOut = this.makeList("Lines left out");
    this.empty = make("p", { textContent: "None. What the program does not need goes here." });
    const below = make("div", { className: "left-out" }, make("p", { className: "divider", textContent: "Left out" }), this.empty, this.leftOut);
    this.spoken = make("p", { className: "spoken" });
    this.spoken.setAttribute("aria-live", "polite");
    this.append(make("div", { className: "program" }, this.before, this.program, this.after));
    if (!this.needsAll) this.append(below);
    this.append(keys, this.spoken);
    this.addEventListener("click", (event) => this.onClick(event));
    this.addEventListener("keydown", (event) => this.onKey(event));
    this.addEventListener("focusin", ({ target }) => this.choose(this.lineOf(target)));
    new Drag(this, { lists: this.needsAll ? [this.program] : [this.program, this.leftOut], drop: (target) => this.onDrop(target) });
    this.choose(all[0]);
  }

  get needsAll() {
    return "all" in this.dataset;
  }

  makeList(label) {
    const list = make("ol");
    list.setAttribute("aria-label", label);
    return list;
  }

  tellKeys() {
    const indents = this.lines.setsIndent ? ", left or right to indent it" : "";
    const out = this.needsAll ? "" : "Delete leaves it out, ";
    return `Drag a line, or press Alt with an arrow key: up or down to move it${indents}. ${out}Control Z undoes.`;
  }

  get code() {
    return this.lines.code;
  }

  /** The order of another program, as far as it is made of these lines. */
  replace(code) {
    this.change(this.lines.read(code));
    this.clearMarks();
  }

  /** Back to the author's order; the learner's is set aside. */
  restore() {
    if (this.edits) this.edits.replace(this.author, "reset");
    else this.replace(this.author);
  }

  /** Write what has changed: the rows, the form's field, what is kept. */
  change(isChanged) {
    if (!isChanged) return;
    this.clearMarks();
    this.write();
    this.edits?.note();
    this.dispatchEvent(new CustomEvent("editor-code"));
  }

  write() {
    const active = document.activeElement;
    this.program.replaceChildren(...this.lines.placed.map((line) => this.rows.get(line)));
    this.leftOut.replaceChildren(...this.lines.leftOut.map((line) => this.rows.get(line)));
    this.empty.hidden = this.lines.leftOut.length > 0;
    this.leftOut.hidden = !this.empty.hidden;
    for (const [line, row] of this.rows) {
      row.style.setProperty("--depth", line.depth);
      const out = row.querySelector("[data-move=out]");
      out.hidden = this.needsAll;
      const label = this.lines.isLeftOut(line) ? "Take back" : "Leave out";
      out.textContent = this.lines.isLeftOut(line) ? "+" : "✕";
      out.title = label;
      out.setAttribute("aria-label", `${label}: ${line.text.trim()}`);
    }
    for (const number of this.leftOut.querySelectorAll(".number")) number.textContent = "";
    this.numbers().forEach((number, index) => (number.textContent = index + 1));
    this.style.setProperty("--spaces", `${this.lines.indent.length}ch`);
    this.textarea.value = this.code;
    if (active !== document.activeElement && this.contains(active)) active.focus();
  }

  numbers() {
    return [...this.querySelectorAll(".program .number")];
  }

  rowAt(line) {
    return this.numbers()[line - 1]?.parentElement;
  }

  lineOf(target) {
    const row = target.closest?.(".movable");
    return row && [...this.rows].find(([, one]) => one === row)[0];
  }

  /** One line at a time is in the order of Tab, with its buttons. */
  choose(line) {
    if (!line || line === this.chosen) return;
    this.chosen = line;
    for (const [one, row] of this.rows) {
      row.classList.toggle("chosen", one === line);
      for (const button of row.querySelectorAll("button")) button.tabIndex = one === line ? 0 : -1;
    }
    const number = this.lines.placed.indexOf(line);
    if (number >= 0) this.announce("editor-line", { line: this.lines.first + number });
  }

  onClick({ target }) {
    const line = this.lineOf(target);
    if (!line) return;
    const { move } = target.closest("button")?.dataset ?? {};
    if (move) this.act(line, move);
    else this.rows.get(line).querySelector(".line").focus();
  }

  act(line, move) {
    const { lines } = this;
    const actions = {
      up: () => lines.move(line, -1),
      down: () => !(this.needsAll && line === lines.all.at(-1)) && lines.move(line, 1),
      less: () => lines.indentBy(line, -1),
      more: () => lines.indentBy(line, 1),
      out: () => !this.needsAll && lines.toggle(line),
    };
    this.change(actions[move]());
    this.say(line);
  }

  onKey(event) {
    const { key, altKey, ctrlKey, metaKey } = event;
    if ((ctrlKey || metaKey) && key === "Enter") this.announce("editor-run");
    else if ((ctrlKey || metaKey) && key === "z") this.undo();
    else if (ctrlKey || metaKey || !this.onLineKey(key, altKey, this.lineOf(event.target))) return;
    event.preventDefault();
  }

  /** Whether the key means something on a line. */
  onLineKey(key, altKey, line) {
    if (!line) return false;
    const moves = altKey
      ? { ArrowUp: "up", ArrowDown: "down", ArrowLeft: "less", ArrowRight: "more" }
      : { Delete: "out", Backspace: "out" };
    const step = { ArrowUp: -1, ArrowDown: 1 }[key];
    if (moves[key]) this.act(line, moves[key]);
    else if (step && !altKey) this.goTo(this.lines.all[this.lines.all.indexOf(line) + step]);
    else return false;
    return true;
  }

  goTo(line) {
    if (line) this.rows.get(line).querySelector(".line").focus();
  }

  undo() {
    this.change(this.lines.undo());
    if (this.chosen) this.say(this.chosen);
  }

  onDrop({ row, isLeftOut, index, steps }) {
    const line = this.lineOf(row);
    this.lines.place(line, isLeftOut, index);
    if (this.lines.setsIndent) line.depth = Math.max(0, Math.min(6, line.depth + steps));
    this.change(true);
    this.goTo(line);
    this.say(line);
  }

  say(line) {
    const index = this.lines.placed.indexOf(line);
    const depth = this.lines.setsIndent ? `, indented ${line.depth} times` : "";
    const where = index < 0 ? "left out" : `${index + 1} of ${this.lines.cut} lines${depth}`;
    this.spoken.textContent = `${line.text.trim()}: ${where}`;
  }

  select({ line }) {
    this.point({ line });
    const row = this.rowAt(line);
    if (row) this.goTo(this.lineOf(row));
  }

  point({ line }) {
    this.mark("pointed", [line]);
    this.rowAt(line)?.scrollIntoView({ block: "nearest" });
  }

  showBlocks(blocks) {
    this.mark("line-blocked", blocks.map(({ line }) => line));
    for (const { line, duration_us: duration } of blocks) {
      const row = this.rowAt(line);
      if (row) row.title = `held the event loop for ${inWords(duration)}`;
    }
  }

  showFailure(line) {
    this.mark("line-failed", [line]);
  }

  showExplanations(explanations) {
    for (const told of this.querySelectorAll(".explained")) told.remove();
    for (const { line, title, text } of explanations) {
      const told = make("div", { className: "explained" }, make("strong", { textContent: title }), ` ${text}`);
      told.setAttribute("aria-hidden", "true"); // the page has the same text below
      this.rowAt(line)?.append(told);
    }
  }

  clearMarks() {
    for (const name of MARKS) this.mark(name, []);
    this.showExplanations([]);
  }

  mark(name, lines) {
    for (const row of this.querySelectorAll(`.${name}`)) {
      row.classList.remove(name);
      row.removeAttribute("title");
    }
    for (const line of lines) this.rowAt(line)?.classList.add(name);
  }

  announce(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
