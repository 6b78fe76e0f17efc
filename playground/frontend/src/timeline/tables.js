import { inWords } from "../durations.js";

const MOST_ROWS = 500;

/** The facts of the picture as tables, for reading and for those who do not see it. */
export function renderTables(recording, select) {
  const worker = recording.hasSeveralWorkers ? [["worker", (one) => one.worker]] : [];
  return [
    table("SQL statements", recording.statements, select, [
      ...worker,
      ["at", (event) => inWords(event.at_us)],
      ["took", (event) => inWords(event.duration_us)],
      ["line", (event) => event],
      ["task", (event) => recording.nameOf(event.laneKey)],
      ["rows", (event) => event.rows ?? ""],
      ["statement", (event) => code(event.statement, event.error)],
    ]),
    table("Blocks", recording.blocks, select, [
      ...worker,
      ["at", (event) => inWords(event.at_us)],
      ["held the loop", (event) => inWords(event.duration_us)],
      ["on CPU", (event) => inWords(event.cpu_us)],
      ["line", (event) => event],
      ["task", (event) => recording.nameOf(event.laneKey)],
      ["call", (event) => code(event.call || event.source)],
    ]),
    table("Tasks", recording.tasks, select, [
      ...worker,
      ["task", (lane) => recording.nameOf(lane.key)],
      ["line", (lane) => lane],
      ["began", (lane) => inWords(lane.start)],
      ["lived", (lane) => inWords(recording.sumOf(lane).alive)],
      ["ran", (lane) => inWords(recording.sumOf(lane).busy)],
      ["steps", (lane) => recording.sumOf(lane).steps],
    ]),
  ].filter(Boolean);
}

/** One table below its own heading; columns are [name, content of a row]. */
function table(title, rows, select, columns) {
  if (!rows.length) return null;
  const details = element("details", { className: "facts" });
  details.dataset.title = title;
  details.append(element("summary", {}, `${title} (${rows.length})`));
  const scroll = element("div", { className: "scroll", tabIndex: 0 });
  scroll.setAttribute("role", "group");
  scroll.setAttribute("aria-label", title);
  const body = element("tbody");
  for (const row of rows.slice(0, MOST_ROWS)) {
    const cells = columns.map(([, content]) => element("td", {}, show(content(row), select)));
    body.append(element("tr", {}, ...cells));
  }
  const head = element("tr", {}, ...columns.map(([name]) => element("th", { scope: "col" }, name)));
  scroll.append(element("table", {}, element("caption", {}, title), element("thead", {}, head), body));
  details.append(scroll);
  if (rows.length > MOST_ROWS) {
    details.append(element("p", {}, `The first ${MOST_ROWS} of ${rows.length} are shown.`));
  }
  return details;
}

/** Something with a place in the code becomes a button that goes there. */
function show(content, select) {
  if (content === null || typeof content !== "object" || content instanceof Node) return content ?? "";
  if (!content.line) return "";
  const button = element("button", { type: "button", className: "line" }, `line ${content.line}`);
  button.addEventListener("click", () => select(content));
  return button;
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
