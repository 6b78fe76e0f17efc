import { openCode } from "./open-code.js";

const GONE = "This code is not kept any more.";

/** What was run and answered in a cell: loaded when it is opened, and anew after each run. */
export function offerHistory(cell, editor) {
  const history = cell.querySelector(".history");
  if (!history) return;
  const entries = history.querySelector(".entries");
  const load = () => {
    if (history.open) window.htmx.ajax("GET", entries.dataset.source, { target: entries, swap: "innerHTML" });
  };
  history.addEventListener("toggle", load);
  new MutationObserver((changes) => {
    if (changes.some(({ addedNodes }) => addedNodes.length)) load();
  }).observe(cell.querySelector(".recording-place"), { childList: true });
  entries.addEventListener("click", async ({ target }) => {
    const button = target.closest(".put-back");
    if (!button) return;
    const { source, driver } = button.dataset;
    const answer = await fetch(source);
    if (answer.ok) openCode(cell, editor, { code: await answer.text(), driver });
    else button.replaceWith(GONE);
    editor.scrollIntoView({ block: "nearest" });
  });
}
