import { isolateHistory } from "@codemirror/commands";
import { EditorState } from "@codemirror/state";
import { EditorView } from "@codemirror/view";

import { findConstant } from "./constants.js";
import { Edits } from "../edits/edits.js";
import { extensions } from "./extensions.js";
import { marks, setBlocks, setExplanations, setFailure, setPicked, setPointed } from "./marks.js";
import { picking } from "./picked.js";

/**
 * A textarea that became an editor. The textarea stays in its form and holds what is typed.
 *
 * Events: `editor-run` (Ctrl/Cmd-Enter), `editor-code` when the code changed, `editor-line` {line}
 * when the cursor moves to a line, `editor-pick` {line} with `data-picks`.
 */
export class CodeEditor extends HTMLElement {
  connectedCallback() {
    if (this.view) return;
    this.textarea = this.querySelector("textarea");
    this.author = this.textarea.defaultValue;
    const isReadOnly = "readOnly" in this.dataset;
    this.edits = this.dataset.key && !isReadOnly ? new Edits(this) : null;
    this.textarea.value = this.edits?.begin() ?? this.author;
    this.textarea.hidden = true;
    this.view = new EditorView({
      doc: this.textarea.value,
      parent: this,
      extensions: [
        marks, // first: their gutter is left of the line numbers
        extensions({
          label: this.dataset.label,
          run: () => this.announce("editor-run"),
        }),
        "picks" in this.dataset ? picking((line) => this.announce("editor-pick", { line })) : [],
        EditorState.readOnly.of(isReadOnly),
        EditorView.updateListener.of((update) => this.note(update)),
      ],
    });
    this.edits?.connect();
  }

  /** Back to the author's code; the learner's is set aside. */
  restore() {
    this.querySelector(".new-version")?.remove();
    this.edits.replace(this.author, "reset");
  }

  get code() {
    return this.view.state.doc.toString();
  }

  /** Other code in the place of all there is; undo brings that back. */
  replace(code) {
    this.view.dispatch({ changes: { from: 0, to: this.view.state.doc.length, insert: code } });
    this.clearMarks();
  }

  /** Select an expression: line from 1; columns from 1 in bytes of the line, when known. */
  select({ line, column, end_column: endColumn }) {
    const range = this.rangeOf({ line, column, end_column: endColumn });
    if (!range) return;
    const selection = { anchor: range.from, head: range.to };
    this.view.dispatch({ selection, scrollIntoView: true, effects: setPointed.of(range) });
    this.view.focus();
  }

  /** Show an expression, and leave the cursor where it is. */
  point(place) {
    const range = this.rangeOf(place);
    const scroll = range ? [EditorView.scrollIntoView(range.from)] : [];
    this.view.dispatch({ effects: [setPointed.of(range), ...scroll] });
  }

  rangeOf({ line, column, end_column: endColumn }) {
    if (!(line >= 1 && line <= this.view.state.doc.lines)) return null;
    const { from, to, text } = this.view.state.doc.line(line);
    return {
      from: column ? from + toCharacters(text, column - 1) : from + text.search(/\S|$/),
      to: endColumn > column ? from + toCharacters(text, endColumn - 1) : to,
    };
  }

  /** A constant of the code's top level: {literal}, or {problem} that says why it is none. */
  readConstant(name) {
    return findConstant(this.view.state, name);
  }

  /** Write another literal in the place of a constant's; one undo takes it back. */
  writeConstant(name, insert) {
    const { from, to, literal } = findConstant(this.view.state, name);
    if (literal === undefined || literal === insert) return;
    this.view.dispatch({ changes: { from, to, insert }, annotations: isolateHistory.of("full") });
  }

  /** Mark lines that held the event loop: [{line, duration_us, count}]. */
  showBlocks(blocks) {
    this.view.dispatch({ effects: setBlocks.of(blocks) });
  }

  /** Mark the line a run failed on; 0 for none. */
  showFailure(line) {
    this.view.dispatch({ effects: setFailure.of(line) });
  }

  /** Tell below their lines what went wrong: [{line, title, text}]. */
  showExplanations(explanations) {
    this.view.dispatch({ effects: setExplanations.of(explanations) });
  }

  /** Mark the lines that a learner names. */
  showPicked(lines) {
    this.view.dispatch({ effects: setPicked.of(lines) });
  }

  clearMarks() {
    this.view.dispatch({
      effects: [setBlocks.of([]), setFailure.of(0), setPointed.of(null), setExplanations.of([])],
    });
  }

  note(update) {
    if (update.docChanged) {
      this.textarea.value = update.state.doc.toString();
      this.edits?.note();
      this.announce("editor-code");
    }
    if (update.selectionSet) {
      const { head } = update.state.selection.main;
      this.announce("editor-line", { line: update.state.doc.lineAt(head).number });
    }
  }

  announce(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

/** Python counts columns in UTF-8 bytes, an editor in UTF-16 units. */
function toCharacters(text, bytes) {
  const encoded = new TextEncoder().encode(text).slice(0, bytes);
  return new TextDecoder().decode(encoded).length;
}
