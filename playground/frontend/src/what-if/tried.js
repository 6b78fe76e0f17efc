import { inWords } from "../durations.js";

const MOST_ROWS = 8;

/** What was tried and what came of it, newest last; a value tried again takes its old row's place. */
export class Tried {
  constructor(table, controls) {
    this.table = table;
    this.controls = controls;
    this.rows = [];
  }

  /** Note the values of a run that begins. */
  begin() {
    this.told = this.controls.map((control) => control.told || "–");
  }

  /** A run ended: {outcome, wall_us, longest_block_us, statements, pool_high_water}. */
  add(figures) {
    if (!this.told || figures.outcome === "cancelled") return;
    const key = this.told.join("\n");
    this.rows = this.rows.filter((row) => row.key !== key);
    this.rows.push({ key, told: this.told, ...figures });
    this.rows = this.rows.slice(-MOST_ROWS);
    this.draw();
  }

  clear() {
    this.rows = [];
    this.draw();
  }

  draw() {
    this.table.closest(".tried").hidden = this.rows.length === 0;
    const longest = Math.max(...this.rows.map((row) => row.wall_us));
    this.table.tBodies[0].replaceChildren(...this.rows.map((row) => drawRow(row, longest)));
  }
}

function drawRow(row, longest) {
  const element = document.createElement("tr");
  const time = drawCell(inWords(row.wall_us) + (row.outcome === "completed" ? "" : `, ${row.outcome.replaceAll("_", " ")}`));
  time.prepend(drawBar(row.wall_us / longest));
  const [first, ...others] = row.told;
  const name = drawCell(first, "th");
  name.scope = "row";
  element.append(
    name,
    ...others.map((text) => drawCell(text)),
    time,
    drawCell(inWords(row.longest_block_us)),
    drawCell(row.pool_high_water || "–"),
    drawCell(row.statements),
  );
  return element;
}

function drawCell(text, tag = "td") {
  const cell = document.createElement(tag);
  cell.textContent = text;
  return cell;
}

function drawBar(share) {
  const bar = document.createElement("span");
  bar.className = "bar";
  bar.ariaHidden = "true"; // the figure beside it says the same
  bar.style.setProperty("--share", share.toFixed(3));
  return bar;
}
