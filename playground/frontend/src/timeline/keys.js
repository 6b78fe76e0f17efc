import { itemsOf } from "./items.js";

export const ZOOM = 1.6;
export const KEYS = "Arrow keys go from one thing to the next, Enter goes to its line, + and − zoom, 0 shows all.";

/** Move about a timeline by keyboard. */
export function onKey(timeline, event) {
  const { from, to } = timeline.visible();
  const actions = {
    "+": () => timeline.zoom(1 / ZOOM),
    "=": () => timeline.zoom(1 / ZOOM),
    "-": () => timeline.zoom(ZOOM),
    0: () => timeline.showAll(),
    ArrowLeft: () => (event.shiftKey ? timeline.pan((from - to) / 5) : step(timeline, -1)),
    ArrowRight: () => (event.shiftKey ? timeline.pan((to - from) / 5) : step(timeline, 1)),
    ArrowUp: () => changeRow(timeline, -1),
    ArrowDown: () => changeRow(timeline, 1),
    Home: () => goTo(timeline, 0),
    End: () => goTo(timeline, -1),
    Enter: () => timeline.goToCode(timeline.selected?.item),
  };
  if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in actions) || !timeline.layout) return;
  event.preventDefault();
  actions[event.key]();
}

/** The rows with something to select. */
function fullRows({ layout, recording }) {
  return layout.rows.filter((row) => itemsOf(recording, row).length);
}

function step(timeline, by) {
  const { selected, recording } = timeline;
  if (!selected) return changeRow(timeline, 0);
  const items = itemsOf(recording, selected.row);
  const next = items[items.indexOf(selected.item) + by];
  if (next) timeline.choose(next, selected.row);
}

/** To the row above or below, there to what is nearest in time. */
function changeRow(timeline, by) {
  const { selected, recording } = timeline;
  const rows = fullRows(timeline);
  if (!rows.length) return;
  const index = rows.findIndex((row) => row.kind === selected?.row.kind && row.top === selected.row.top);
  const row = rows[Math.max(0, Math.min(index < 0 ? 0 : index + by, rows.length - 1))];
  const time = selected?.item.at_us ?? 0;
  const distance = (item) => Math.abs(item.at_us - time);
  const nearest = itemsOf(recording, row).reduce((best, item) => (distance(item) < distance(best) ? item : best));
  timeline.choose(nearest, row);
}

function goTo(timeline, index) {
  const row = timeline.selected?.row ?? fullRows(timeline)[0];
  const item = row && itemsOf(timeline.recording, row).at(index);
  if (item) timeline.choose(item, row);
}
