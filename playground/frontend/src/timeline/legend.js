import { makePattern } from "./states.js";

const WIDTH = 28;
const HEIGHT = 12;

/** The states of a picture, each with its colour, pattern and name. */
export function renderLegend(states, style) {
  return states.map((state) => {
    const item = document.createElement("li");
    item.append(swatch(state, style), state.name);
    return item;
  });
}

function swatch({ colour, pattern: name }, style) {
  const canvas = Object.assign(document.createElement("canvas"), { width: WIDTH, height: HEIGHT });
  canvas.setAttribute("aria-hidden", "true");
  const context = canvas.getContext("2d");
  context.fillStyle = context.strokeStyle = style.getPropertyValue(colour).trim();
  if (name === "outline") context.strokeRect(0.5, 0.5, WIDTH - 1, HEIGHT - 1);
  else context.fillRect(0, 0, WIDTH, HEIGHT);
  const pattern = makePattern(context, name, style.getPropertyValue("--pattern-ink").trim());
  if (pattern) {
    context.fillStyle = pattern;
    context.fillRect(0, 0, WIDTH, HEIGHT);
  }
  return canvas;
}
