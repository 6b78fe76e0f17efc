import { pythonLanguage } from "@codemirror/lang-python";
import { classHighlighter, highlightCode } from "@lezer/highlight";

export function make(name, properties, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

/** A piece of Python in colours: each line as an element. */
export function colour(text) {
  const lines = [make("code")];
  const put = (piece, classes) => lines.at(-1).append(classes ? make("span", { className: classes, textContent: piece }) : piece);
  highlightCode(text, pythonLanguage.parser.parse(text), classHighlighter, put, () => lines.push(make("code")));
  return lines;
}

function numbered() {
  const number = make("span", { className: "number" });
  number.setAttribute("aria-hidden", "true");
  return number;
}

/** Lines of the program that stay where they are. */
export function makeFixed(text, label) {
  const rows = text ? colour(text.replace(/\n$/, "")).map((code) => make("div", { className: "row" }, numbered(), code)) : [];
  const group = make("div", { className: "fixed", hidden: rows.length === 0 }, ...rows);
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", label);
  return group;
}

const BUTTONS = [
  ["up", "↑", "Move up"],
  ["down", "↓", "Move down"],
  ["less", "←", "Indent less"],
  ["more", "→", "Indent more"],
  ["out", "✕", "Leave out"],
];

/** A line that can be moved; its buttons say in `data-move` which way. */
export function makeLine(line, setsIndent, describedBy) {
  const grip = make("span", { className: "grip", textContent: "⠿" });
  grip.setAttribute("aria-hidden", "true");
  const main = make("button", { type: "button", className: "line", tabIndex: -1 }, colour(line.text)[0]);
  main.setAttribute("aria-describedby", describedBy);
  const moves = make("span", { className: "moves" });
  for (const [move, sign, label] of BUTTONS) {
    if (!setsIndent && (move === "less" || move === "more")) continue;
    const button = make("button", { type: "button", textContent: sign, title: label, tabIndex: -1 });
    button.dataset.move = move;
    button.setAttribute("aria-label", `${label}: ${line.text.trim()}`);
    moves.append(button);
  }
  return make("li", { className: "row movable" }, grip, numbered(), main, moves);
}
