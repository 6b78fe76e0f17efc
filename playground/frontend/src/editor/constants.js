import { ensureSyntaxTree } from "@codemirror/language";

const PARSE_MS = 100;

/**
 * The literal that the top level of the code assigns to a name, as in `POOL_SIZE = 5`:
 * {from, to, literal}, or {problem} with a sentence that says why there is none.
 */
export function findConstant(state, name) {
  const tree = ensureSyntaxTree(state, state.doc.length, PARSE_MS);
  if (!tree) return { problem: "The code is too long to look through." };
  const found = tree.topNode.getChildren("AssignStatement").filter((node) => assigns(state, node, name));
  if (found.length === 0) return { problem: `The code has no line ${name} = … any more.` };
  if (found.length > 1) return { problem: `The code assigns ${name} more than once.` };
  const value = found[0].lastChild;
  if (!isPlain(state, found[0], value)) {
    return { problem: `${name} is no plain number or text in the code any more.` };
  }
  return { from: value.from, to: value.to, literal: state.sliceDoc(value.from, value.to) };
}

function assigns(state, node, name) {
  const before = node.getChild("AssignOp")?.from ?? node.to;
  return node
    .getChildren("VariableName")
    .some((target) => target.from < before && state.sliceDoc(target.from, target.to) === name);
}

/** One name, perhaps with its type, then `=` and a number or a text without prefix. */
function isPlain(state, node, value) {
  const isOneName = node.getChildren("VariableName").length === 1 && node.getChildren("AssignOp").length === 1;
  const text = state.sliceDoc(value.from, value.to);
  if (value.name === "Number") return isOneName && Number.isFinite(Number(text.replaceAll("_", "")));
  return isOneName && value.name === "String" && /^(["'])[^"'\\\n]*\1$/.test(text);
}
