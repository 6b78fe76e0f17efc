import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import { bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState, Prec } from "@codemirror/state";
import {
  EditorView,
  drawSelection,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
  lineNumbers,
} from "@codemirror/view";

import { highlightStyle } from "./highlight.js";

const nonce = document.querySelector("meta[name=csp-nonce]")?.content ?? "";

const WANTS_CALM = matchMedia("(prefers-reduced-motion: reduce)");
const BLINK_MS = 1200;

/** Everything an editor of Python needs; `run` is called on Ctrl-Enter or Cmd-Enter. */
export function extensions({ label, run }) {
  const runNow = () => {
    run();
    return true;
  };
  return [
    EditorView.cspNonce.of(nonce),
    Prec.highest(keymap.of([{ key: "Mod-Enter", run: runNow }, { key: "Ctrl-Enter", run: runNow }])),
    EditorView.contentAttributes.of({
      "aria-label": label,
      "aria-description": "Tab indents; Escape, then Tab, leaves the editor. Control Enter runs.",
      tabindex: "0", // it is in the order of Tab without; not every reader of the page knows
      autocapitalize: "off",
      autocorrect: "off",
      spellcheck: "false",
    }),
    lineNumbers(),
    highlightSpecialChars(),
    history(),
    drawSelection({ cursorBlinkRate: WANTS_CALM.matches ? 0 : BLINK_MS }),
    EditorState.allowMultipleSelections.of(true),
    indentUnit.of("    "),
    indentOnInput(),
    bracketMatching(),
    closeBrackets(),
    autocompletion(),
    highlightActiveLine(),
    highlightActiveLineGutter(),
    highlightSelectionMatches(),
    python(),
    syntaxHighlighting(highlightStyle),
    keymap.of([
      ...closeBracketsKeymap,
      ...defaultKeymap,
      ...searchKeymap,
      ...historyKeymap,
      ...completionKeymap,
      indentWithTab,
    ]),
  ];
}
