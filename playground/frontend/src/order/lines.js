const STEP = "    ";

/**
 * Lines in their order: the first `cut` of `all` are in the program, the others are left out.
 * A line is {text, depth}; depth counts steps of indentation that the learner has set.
 */
export class Lines {
  constructor({ before, after, indent, lines, sets_indent: setsIndent }) {
    Object.assign(this, { before, after, indent, setsIndent });
    this.all = lines.map((text) => ({ text, depth: 0 }));
    this.cut = lines.length;
    this.past = [];
  }

  get placed() {
    return this.all.slice(0, this.cut);
  }

  get leftOut() {
    return this.all.slice(this.cut);
  }

  isLeftOut(line) {
    return this.all.indexOf(line) >= this.cut;
  }

  /** The number of the first line in the program, from 1. */
  get first() {
    return this.before.split("\n").length;
  }

  get code() {
    const placed = this.placed.map(({ text, depth }) => `${this.indent}${STEP.repeat(depth)}${text}\n`);
    return `${this.before}${placed.join("")}${this.after}`;
  }

  /** Take the order of a program that is made of the lines; false, and nothing else, of another. */
  read(code) {
    const { before, after } = this;
    if (!code.startsWith(before) || !code.endsWith(after) || code.length < before.length + after.length) return false;
    const body = code.slice(before.length, code.length - after.length).split("\n").slice(0, -1);
    const left = [...this.all];
    const found = [];
    for (const written of body) {
      const own = written.startsWith(this.indent) ? written.slice(this.indent.length) : null;
      const text = this.setsIndent ? own?.trimStart() : own;
      const index = left.findIndex((line) => line.text === text);
      if (index < 0) return false;
      const [line] = left.splice(index, 1);
      found.push({ line, depth: Math.round((own.length - text.length) / STEP.length) });
    }
    this.remember();
    for (const { line, depth } of found) line.depth = depth;
    this.all = [...found.map(({ line }) => line), ...left];
    this.cut = found.length;
    return true;
  }

  /** One place up or down; over the cut it comes into the program, or is left out of it. */
  move(line, by) {
    const index = this.all.indexOf(line);
    const crosses = by > 0 ? index === this.cut - 1 : index === this.cut;
    if (!crosses && !this.all[index + by]) return false;
    this.remember();
    if (crosses) this.cut -= by;
    else [this.all[index], this.all[index + by]] = [this.all[index + by], this.all[index]];
    return true;
  }

  /** To that place, counted without the line itself, in the program or among those left out. */
  place(line, isLeftOut, index) {
    this.remember();
    const others = (lines) => lines.filter((one) => one !== line);
    const [placed, leftOut] = [others(this.placed), others(this.leftOut)];
    (isLeftOut ? leftOut : placed).splice(index, 0, line);
    this.all = [...placed, ...leftOut];
    this.cut = placed.length;
    return true;
  }

  /** Out of the program, or back to its end. */
  toggle(line) {
    return this.isLeftOut(line) ? this.place(line, false, this.cut) : this.place(line, true, 0);
  }

  indentBy(line, by) {
    if (!this.setsIndent || line.depth + by < 0 || line.depth + by > 6) return false;
    this.remember();
    line.depth += by;
    return true;
  }

  remember() {
    this.past.push({ all: [...this.all], depths: this.all.map(({ depth }) => depth), cut: this.cut });
  }

  undo() {
    const before = this.past.pop();
    if (!before) return false;
    before.all.forEach((line, index) => (line.depth = before.depths[index]));
    Object.assign(this, { all: before.all, cut: before.cut });
    return true;
  }
}
