import { offerPicking } from "./editor/picked.js";
import { offerEveryDriver } from "./replay/drivers.js";
import { offerHistory } from "./replay/history.js";
import { receiveCode } from "./replay/open-code.js";
import { offerWhatIf } from "./what-if/what-if.js";

const WANTS_CALM = matchMedia("(prefers-reduced-motion: reduce)");

/**
 * Wire each cell, also those that come later: its editor, its timeline, its buttons. They know
 * nothing of each other.
 */
export function connectCells() {
  const connected = new WeakSet();
  const connectIn = (place) => {
    for (const cell of place.querySelectorAll(".cell")) {
      if (!connected.has(cell)) connect(cell);
      connected.add(cell);
    }
  };
  connectIn(document);
  document.addEventListener("htmx:afterSettle", ({ target }) => connectIn(target));
}

function connect(cell) {
  const form = cell.querySelector(".cell-form"); // a recording has none
  const editor = cell.querySelector("code-editor, order-lines");
  const timeline = cell.querySelector("loop-timeline");
  const summary = cell.querySelector(".summary");

  editor.addEventListener("editor-run", () => form?.requestSubmit());
  editor.addEventListener("editor-line", ({ detail }) => timeline.pointAt(detail.line));
  form?.querySelector(".reset, .restore")?.addEventListener("click", () => editor.restore());
  timeline.addEventListener("loop-select", ({ detail }) => editor.select(detail));
  timeline.addEventListener("loop-point", ({ detail }) => editor.point(detail));
  timeline.addEventListener("loop-blocks", ({ detail }) => editor.showBlocks(detail.blocks));

  cell.querySelector(".verdicts")?.addEventListener("click", ({ target }) => showMoment(cell, timeline, target));

  offerEveryDriver(cell);
  receiveCode(cell, editor);
  offerHistory(cell, editor);
  offerPicking(form, editor);
  if (form) offerWhatIf(cell);

  // The summary is emptied when a run starts and filled when it ends.
  new MutationObserver(() => {
    const finished = summary.querySelector("[data-outcome]");
    if (finished) {
      editor.showFailure(Number(finished.dataset.line));
      editor.showExplanations(readExplanations(summary));
      summary.scrollIntoView({ block: "nearest", behavior: WANTS_CALM.matches ? "instant" : "smooth" });
    } else {
      editor.clearMarks();
    }
  }).observe(summary, { childList: true });
}

/** From a failed check to the moment of its run when it failed. */
function showMoment(cell, timeline, target) {
  const button = target.closest(".show-moment");
  if (!button) return;
  const { what, at, duration, worker } = button.dataset;
  cell.querySelector(".its-run").open = true;
  timeline.showMoment({ what, at_us: Number(at), duration_us: Number(duration), worker: Number(worker) });
  timeline.scrollIntoView({ block: "start", behavior: WANTS_CALM.matches ? "instant" : "smooth" });
}

function readExplanations(summary) {
  return [...summary.querySelectorAll(".explanation")].map((one) => ({
    line: Number(one.dataset.line),
    title: one.dataset.title,
    text: one.querySelector(".said").textContent,
  }));
}
