import { Control } from "./control.js";
import { Rerun } from "./rerun.js";
import { Tried } from "./tried.js";

/** Sliders that rewrite the cell's constants and run it again, and what was tried so far. */
export function offerWhatIf(cell) {
  const fieldset = cell.querySelector(".what-if");
  if (!fieldset) return;
  const editor = cell.querySelector("code-editor");
  const form = cell.querySelector("form");
  const controls = [...fieldset.querySelectorAll(".parameter")].map(
    (element) => new Control(element, element.dataset.name === "workers" ? null : editor),
  );
  const tried = new Tried(cell.querySelector(".tried table"), controls);
  const rerun = new Rerun(cell);
  const follow = () => controls.forEach((control) => control.follow());

  for (const control of controls) {
    control.input.addEventListener("change", () => {
      control.write();
      if (fieldset.querySelector(".at-once").checked) rerun.wish();
    });
  }
  editor.addEventListener("editor-code", follow);
  form.addEventListener("submit", () => tried.begin());
  form.querySelector(".reset").addEventListener("click", () => {
    rerun.forget();
    controls.forEach((control) => control.restore());
    tried.clear();
  });
  listenForFigures(cell.querySelector(".summary"), (figures) => tried.add(figures));
  follow();
}

/** The site puts a run's figures into the summary when the run has ended. */
function listenForFigures(summary, tell) {
  new MutationObserver(() => {
    const figures = summary.querySelector(".run-figures");
    if (!figures) return;
    figures.remove(); // told once
    tell(JSON.parse(figures.value));
  }).observe(summary, { childList: true });
}
