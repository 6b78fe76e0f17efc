import { inWords } from "../durations.js";
import { countHeldUp } from "./requests.js";

const MOST_ROWS = 500;

/**
 * The facts of the picture as tables, for reading and for those who do not see it.
 *
 * A table's body is made when it is opened, and made again when the recording grew or another
 * column is sorted by. `show(item)` goes to an item on the picture, `select(item)` to its code.
 */
export class Tables {
  constructor(parent, { show, select }) {
    this.parent = parent;
    this.actions = { show, select };
    this.opened = new Map();
    this.sorted = new Map();
  }

  clear() {
    this.opened.clear();
    this.parent.replaceChildren();
  }

  write(recording) {
    this.recording = recording;
    const wanted = describeTables(recording).filter(({ rows }) => rows.length);
    for (const { title } of wanted) if (!this.opened.has(title)) this.opened.set(title, this.makeDetails(title));
    for (const [title, details] of this.opened) {
      if (!wanted.some((table) => table.title === title)) details.remove();
    }
    for (const table of wanted) this.update(table);
    const order = wanted.map(({ title }) => this.opened.get(title));
    if (order.some((details, index) => this.parent.children[index] !== details)) this.parent.append(...order);
  }

  makeDetails(title) {
    const details = element("details", { className: "facts" }, element("summary"), element("div"));
    details.dataset.title = title;
    details.addEventListener("toggle", () => {
      if (details.open) this.fill(describeTables(this.recording).find((table) => table.title === title));
    });
    return details;
  }

  update(table) {
    const details = this.opened.get(table.title);
    const words = `${table.title} (${table.rows.length})`;
    if (details.firstChild.textContent !== words) details.firstChild.textContent = words;
    const isFocused = details.lastChild.contains(document.activeElement);
    if (details.open && !isFocused && details.rowsShown !== table.rows.length) this.fill(table);
  }

  fill(table) {
    if (!table) return;
    const details = this.opened.get(table.title);
    details.rowsShown = table.rows.length;
    const { columns, title } = table;
    const sort = this.sorted.get(title);
    const rows = sort ? sortBy(table.rows, columns[sort.column], sort.isDescending) : table.rows;
    const scroll = element("div", { className: "scroll", tabIndex: 0 });
    scroll.setAttribute("role", "group");
    scroll.setAttribute("aria-label", title);
    const head = element("tr", {}, ...columns.map((column, index) => this.header(table, column, index, sort)));
    const body = element("tbody");
    for (const row of rows.slice(0, MOST_ROWS)) {
      body.append(element("tr", {}, ...columns.map((column) => element("td", {}, this.cell(column, row)))));
    }
    scroll.append(element("table", {}, element("caption", {}, title), element("thead", {}, head), body));
    const more = rows.length > MOST_ROWS
      ? [element("p", { className: "more" }, `The first ${MOST_ROWS} of ${rows.length} are shown.`)]
      : [];
    details.lastChild.replaceChildren(scroll, ...more);
  }

  header(table, { name }, index, sort) {
    const button = element("button", { type: "button", className: "sort" }, name);
    button.addEventListener("click", () => {
      const isAgain = this.sorted.get(table.title)?.column === index;
      const isDescending = isAgain ? !this.sorted.get(table.title).isDescending : false;
      this.sorted.set(table.title, { column: index, isDescending });
      this.fill(describeTables(this.recording).find(({ title }) => title === table.title));
      const details = this.opened.get(table.title);
      details.querySelectorAll("th button")[index].focus();
    });
    const cell = element("th", { scope: "col" }, button);
    if (sort?.column === index) cell.setAttribute("aria-sort", sort.isDescending ? "descending" : "ascending");
    return cell;
  }

  cell({ value, content, goesTo }, row) {
    if (goesTo === "picture") return this.button(inWords(value(row)), "Show on the picture", () => this.actions.show(row));
    if (goesTo === "code") return row.line ? this.button(`line ${row.line}`, "", () => this.actions.select(row)) : "";
    const shown = (content ?? value)(row);
    return shown ?? "";
  }

  button(text, title, action) {
    const button = element("button", { type: "button", className: "line", title }, text);
    button.addEventListener("click", action);
    return button;
  }
}

/** Each table's rows and columns; a column has what it is sorted by and what is shown. */
function describeTables(recording) {
  const nameOf = (event) => recording.nameOf(event.laneKey);
  const worker = recording.hasSeveralWorkers ? [{ name: "worker", value: (one) => one.worker }] : [];
  const at = { name: "at", value: (event) => event.at_us, goesTo: "picture" };
  const line = { name: "line", value: (event) => event.line ?? 0, goesTo: "code" };
  const took = time("took", (event) => event.duration_us);
  const task = { name: "task", value: nameOf };
  return [
    {
      title: "Blocks",
      rows: recording.blocks,
      columns: [
        ...worker, at, time("held the loop", (block) => block.duration_us), time("on CPU", (block) => block.cpu_us), line,
        { name: "tasks waited", value: (block) => block.waiting ?? 0 },
        ...(recording.requests.length ? [{ name: "requests waited", value: (block) => countHeldUp(block, recording) }] : []),
        task,
        { name: "call", value: (block) => block.call || block.source || "", content: (block) => code(block.call || block.source) },
      ],
    },
    {
      title: "SQL statements",
      rows: recording.statements,
      columns: [
        ...worker, at, took, line, task, { name: "rows", value: (event) => event.rows ?? "" },
        { name: "statement", value: (event) => event.statement, content: (event) => code(event.statement, event.error) },
      ],
    },
    {
      title: "Repeated statements",
      rows: recording.repeated(),
      columns: [
        { name: "times", value: (group) => group.count }, time("took in all", (group) => group.duration_us),
        { name: "rows in all", value: (group) => group.rows }, line,
        { name: "statement", value: (group) => group.statement, content: (group) => code(group.statement) },
      ],
    },
    lanes("Requests", "request", recording, worker),
    lanes("Tasks", "task", recording, worker),
    lanes("Threads", "thread", recording, worker),
    {
      title: "Connections",
      rows: recording.pool,
      columns: [
        ...worker, { ...at, goesTo: undefined, content: (event) => inWords(event.at_us) },
        { name: "connection", value: (event) => event.connection ?? "" }, { name: "what", value: (event) => event.action.replace("_", " ") },
        time("waited", (event) => event.wait_us ?? 0), { name: "in use", value: (event) => event.in_use ?? "" },
        { name: "pool size", value: (event) => event.size ?? "" }, line, task,
      ],
    },
    {
      title: "Transactions",
      rows: recording.transactions,
      columns: [
        ...worker, { ...at, goesTo: undefined, content: (event) => inWords(event.at_us) },
        { name: "connection", value: (event) => event.connection ?? "" }, { name: "what", value: (event) => event.action.replace("_", " ") }, line, task,
      ],
    },
    {
      title: "Never awaited",
      rows: recording.neverAwaited,
      columns: [...worker, { name: "coroutine", value: (event) => event.coroutine }, line],
    },
    {
      title: "Seen from outside",
      rows: Object.values(recording.witness).flat().sort((one, other) => one.at_us - other.at_us),
      columns: [
        ...worker, { ...at, goesTo: undefined, content: (event) => inWords(event.at_us) },
        { name: "what", value: witnessed }, took, line,
        { name: "statement", value: (event) => event.statement ?? "", content: (event) => (event.statement ? code(event.statement, event.error) : "") },
      ],
    },
  ];
}

function lanes(title, of, recording, worker) {
  const sum = (lane) => recording.sumOf(lane);
  return {
    title,
    rows: recording.lanesOf(of),
    columns: [
      ...worker, { name: of, value: (lane) => recording.nameOf(lane.key) },
      { name: "line", value: (lane) => lane.line ?? 0, goesTo: "code" },
      time("began", (lane) => lane.start), time("lived", (lane) => sum(lane).alive), time("ran", (lane) => sum(lane).run),
      time("waited", (lane) => sum(lane).await), time("held up", (lane) => sum(lane).ready),
      { name: "steps", value: (lane) => sum(lane).steps }, { name: "end", value: (lane) => lane.state ?? "" },
    ],
  };
}

function witnessed(event) {
  switch (event.kind) {
    case "lag":
      return "the loop did not answer";
    case "stack":
      return event.line ? "its thread was on a line of the cell" : `its thread was in ${event.function ?? "a library"}`;
    case "thread":
      return `its thread was ${event.state === "running" ? "running" : `in ${event.state}`}`;
    case "lock":
      return `connection ${event.connection} waited for ${event.blocked_by}`;
    case "idle":
      return `connection ${event.connection} idle in a transaction`;
  }
  return `the server ran a statement on connection ${event.connection ?? "?"}`;
}

function time(name, value) {
  return { name, value, content: (row) => (value(row) == null ? "" : inWords(value(row))) };
}

function sortBy(rows, { value }, isDescending) {
  const sorted = rows.toSorted((one, other) => {
    const [first, second] = [value(one), value(other)];
    return typeof first === "number" && typeof second === "number" ? first - second : String(first).localeCompare(String(second));
  });
  return isDescending ? sorted.reverse() : sorted;
}

function code(text, error) {
  const shown = element("code", {}, text ?? "");
  return error ? element("span", { className: "bad" }, shown, ` ${error}`) : shown;
}

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}
