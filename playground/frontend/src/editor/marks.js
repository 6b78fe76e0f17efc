import { StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, WidgetType } from "@codemirror/view";

import { inWords } from "../durations.js";

/** [{line, duration_us, count}] */
export const setBlocks = StateEffect.define();
/** A line from 1, or 0. */
export const setFailure = StateEffect.define();

class HeldFor extends WidgetType {
  constructor(text) {
    super();
    this.text = text;
  }

  eq(other) {
    return other.text === this.text;
  }

  toDOM() {
    const element = document.createElement("span");
    element.className = "held-for";
    element.textContent = this.text;
    return element;
  }
}

function describe({ duration_us: duration, count }) {
  const times = count > 1 ? `${count} times, ` : "";
  return `held the loop: ${times}${inWords(duration)}`;
}

function decorateBlocks(document, blocks) {
  const ranges = [];
  for (const block of blocks) {
    if (!(block.line >= 1 && block.line <= document.lines)) continue;
    const { from, to } = document.line(block.line);
    ranges.push(Decoration.line({ class: "line-blocked" }).range(from));
    ranges.push(Decoration.widget({ widget: new HeldFor(describe(block)), side: 1 }).range(to));
  }
  return Decoration.set(ranges, true);
}

function decorateFailure(document, line) {
  if (!(line >= 1 && line <= document.lines)) return Decoration.none;
  return Decoration.set(Decoration.line({ class: "line-failed" }).range(document.line(line).from));
}

/** A layer of decorations that moves with the text and is replaced by its effect. */
function layer(effectType, decorate) {
  return StateField.define({
    create: () => Decoration.none,
    update(decorations, transaction) {
      const moved = decorations.map(transaction.changes);
      const effect = transaction.effects.findLast((one) => one.is(effectType));
      return effect ? decorate(transaction.state.doc, effect.value) : moved;
    },
    provide: (field) => EditorView.decorations.from(field),
  });
}

export const marks = [layer(setBlocks, decorateBlocks), layer(setFailure, decorateFailure)];
