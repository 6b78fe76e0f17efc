import { RangeSet, RangeSetBuilder, StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, GutterMarker, WidgetType, gutter } from "@codemirror/view";

import { inWords } from "../durations.js";

/** [{line, duration_us, count}] */
export const setBlocks = StateEffect.define();
/** [{line, title, text}], line from 1; told below the line. */
export const setExplanations = StateEffect.define();
/** {from, to} of an expression, or null. */
export const setPointed = StateEffect.define();
/** A line from 1, or 0. */
export const setFailure = StateEffect.define();

/** Lines from 1 that the learner names. */
export const setPicked = StateEffect.define();

/** How long a line held the loop, beside its number. */
class HeldFor extends GutterMarker {
  constructor({ duration_us: duration, count }) {
    super();
    this.text = inWords(duration);
    this.title = `held the event loop for ${this.text}${count > 1 ? `, in ${count} blocks` : ""}`;
  }

  eq(other) {
    return other.title === this.title;
  }

  toDOM() {
    const element = document.createElement("span");
    element.className = "held-for";
    element.textContent = this.text;
    element.title = this.title;
    return element;
  }
}

/** What went wrong on the line above. The page has the same text for those who cannot see it here. */
class Explained extends WidgetType {
  constructor({ title, text }) {
    super();
    this.title = title;
    this.text = text;
  }

  eq(other) {
    return other.title === this.title && other.text === this.text;
  }

  toDOM() {
    const element = document.createElement("div");
    element.className = "explained";
    element.setAttribute("aria-hidden", "true");
    const title = document.createElement("strong");
    title.textContent = this.title;
    element.append(title, ` ${this.text}`);
    return element;
  }

  ignoreEvent() {
    return true; // a click selects its text
  }
}

function isInside(document, line) {
  return line >= 1 && line <= document.lines;
}

function decorateLines(document, lines, className) {
  const inside = lines.filter((line) => isInside(document, line));
  return Decoration.set(
    inside.map((line) => Decoration.line({ class: className }).range(document.line(line).from)),
    true,
  );
}

function placeExplanations(document, explanations) {
  const inside = explanations.filter(({ line }) => isInside(document, line));
  return Decoration.set(
    inside.map((one) =>
      Decoration.widget({ widget: new Explained(one), block: true, side: 1 }).range(
        document.line(one.line).to,
      ),
    ),
    true,
  );
}

function markPointed(document, range) {
  if (!range || range.from >= range.to) return Decoration.none;
  return Decoration.set([Decoration.mark({ class: "pointed-expression" }).range(range.from, range.to)]);
}

function markBlocks(document, blocks) {
  const builder = new RangeSetBuilder();
  for (const block of blocks.toSorted((one, other) => one.line - other.line)) {
    if (!isInside(document, block.line)) continue;
    const { from } = document.line(block.line);
    builder.add(from, from, new HeldFor(block));
  }
  return builder.finish();
}

/** Ranges that move with the text and are replaced by the effect. */
function layer(effectType, empty, make, provide) {
  return StateField.define({
    create: () => empty,
    update(ranges, transaction) {
      const moved = ranges.map(transaction.changes);
      const effect = transaction.effects.findLast((one) => one.is(effectType));
      return effect ? make(transaction.state.doc, effect.value) : moved;
    },
    provide,
  });
}

const asDecorations = (field) => EditorView.decorations.from(field);

const heldFor = layer(setBlocks, RangeSet.empty, markBlocks);

export const marks = [
  layer(
    setBlocks,
    Decoration.none,
    (document, blocks) => decorateLines(document, blocks.map((block) => block.line), "line-blocked"),
    asDecorations,
  ),
  layer(
    setFailure,
    Decoration.none,
    (document, line) => decorateLines(document, [line], "line-failed"),
    asDecorations,
  ),
  layer(
    setPicked,
    Decoration.none,
    (document, lines) => decorateLines(document, lines, "line-picked"),
    asDecorations,
  ),
  layer(setPointed, Decoration.none, (document, range) => markPointed(document, range), asDecorations),
  layer(setExplanations, Decoration.none, placeExplanations, asDecorations),
  heldFor,
  gutter({ class: "held-gutter", markers: (view) => view.state.field(heldFor) }),
];
