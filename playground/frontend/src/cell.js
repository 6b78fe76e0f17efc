import { offerEveryDriver } from "./replay/drivers.js";
import { receiveCode } from "./replay/open-code.js";
import { offerWhatIf } from "./what-if/what-if.js";

/** Wire each cell: its editor, its timeline, its buttons. They know nothing of each other. */
export function connectCells() {
  for (const cell of document.querySelectorAll(".cell")) connect(cell);
}

function connect(cell) {
  const form = cell.querySelector(".cell-form"); // a recording has none
  const editor = cell.querySelector("code-editor");
  const timeline = cell.querySelector("loop-timeline");
  const summary = cell.querySelector(".summary");

  editor.addEventListener("editor-run", () => form?.requestSubmit());
  editor.addEventListener("editor-line", ({ detail }) => timeline.pointAt(detail.line));
  form?.querySelector(".reset").addEventListener("click", () => editor.restore());
  timeline.addEventListener("loop-select", ({ detail }) => editor.select(detail));
  timeline.addEventListener("loop-point", ({ detail }) => editor.point(detail));
  timeline.addEventListener("loop-blocks", ({ detail }) => editor.showBlocks(detail.blocks));

  offerEveryDriver(cell);
  receiveCode(cell, editor);
  if (form) offerWhatIf(cell);

  // The summary is emptied when a run starts and filled when it ends.
  new MutationObserver(() => {
    const finished = summary.querySelector("[data-outcome]");
    if (finished) {
      editor.showFailure(Number(finished.dataset.line));
      editor.showExplanations(readExplanations(summary));
      summary.scrollIntoView({ block: "nearest", behavior: "smooth" });
    } else {
      editor.clearMarks();
    }
  }).observe(summary, { childList: true });
}

function readExplanations(summary) {
  return [...summary.querySelectorAll(".explanation")].map((one) => ({
    line: Number(one.dataset.line),
    title: one.dataset.title,
    text: one.querySelector(".said").textContent,
  }));
}
