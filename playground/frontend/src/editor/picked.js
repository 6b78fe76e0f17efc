import { Prec } from "@codemirror/state";
import { keymap, lineNumbers } from "@codemirror/view";

/** A click on a line's number, or Enter or Space on the line, picks it: `pick` gets its number. */
export function picking(pick) {
  const pickAt = (view, position) => {
    pick(view.state.doc.lineAt(position).number);
    return true;
  };
  const run = (view) => pickAt(view, view.state.selection.main.head);
  return [
    lineNumbers({ domEventHandlers: { click: (view, line) => pickAt(view, line.from) } }),
    Prec.high(keymap.of([{ key: "Enter", run }, { key: "Space", run }])),
  ];
}

/** The field that names lines is also filled by picking them in the editor, which marks them. */
export function offerPicking(form, editor) {
  const field = form?.elements["predict-lines"];
  if (!field) return;
  const read = () => (field.value.match(/\d+/g) ?? []).map(Number);
  const show = () => editor.showPicked(read());
  editor.addEventListener("editor-pick", ({ detail }) => {
    const lines = new Set(read());
    if (!lines.delete(detail.line)) lines.add(detail.line);
    field.value = [...lines].sort((one, other) => one - other).join(", ");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  field.addEventListener("input", show);
  show();
}
