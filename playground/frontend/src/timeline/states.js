/**
 * What a lane can be doing: its colour (a token of the theme), its pattern and its name.
 *
 * Colour never stands alone: each state has a pattern of its own, and its name where there is room.
 */
export const STATES = {
  run: { name: "running", colour: "--run", pattern: "solid" },
  ready: { name: "ready, but the loop was held", short: "held up", colour: "--ready", pattern: "hatch" },
  database: { name: "waiting for the database", short: "database", colour: "--wait-database", pattern: "dots" },
  pool: { name: "waiting for a connection", short: "pool", colour: "--wait-pool", pattern: "cross" },
  lock: { name: "waiting for a lock", short: "lock", colour: "--wait-lock", pattern: "bars" },
  queue: { name: "waiting for a queue", short: "queue", colour: "--wait-queue", pattern: "lines" },
  sleep: { name: "sleeping", short: "sleep", colour: "--wait-sleep", pattern: "outline" },
  task: { name: "waiting for a task", short: "task", colour: "--wait-task", pattern: "sparse" },
  http: { name: "waiting for a response", short: "HTTP", colour: "--wait-http", pattern: "back" },
  thread: { name: "waiting for a thread", short: "thread", colour: "--wait-thread", pattern: "grid" },
  other: { name: "waiting", short: "wait", colour: "--wait-other", pattern: "dashes" },
};

export const BLOCK = { name: "holding the event loop", colour: "--red", pattern: "hatch" };
export const STATEMENT = { name: "SQL statement", colour: "--sql", pattern: "solid" };
export const HOLD = { name: "connection taken", colour: "--hold", pattern: "solid" };
export const TRANSACTION = { name: "transaction", colour: "--transaction", pattern: "lines" };

/** The state's name in STATES of a run, await or ready span. */
export function stateOf(span) {
  if (span.kind !== "await") return span.kind;
  return span.on in STATES ? span.on : "other";
}

const TILE = 8;

/** Draws one tile of a pattern in `ink` on nothing. */
const TILES = {
  hatch: (pen) => line(pen, [-2, 10, 10, -2], [-2, 2, 2, -2], [6, 10, 10, 6]),
  back: (pen) => line(pen, [-2, -2, 10, 10], [-2, 6, 2, 10], [6, -2, 10, 2]),
  cross: (pen) => line(pen, [-2, 10, 10, -2], [-2, -2, 10, 10]),
  bars: (pen) => line(pen, [2, 0, 2, 8], [6, 0, 6, 8]),
  lines: (pen) => line(pen, [0, 2, 8, 2], [0, 6, 8, 6]),
  dashes: (pen) => line(pen, [0, 4, 4, 4]),
  sparse: (pen) => line(pen, [0, 4, 8, 4]),
  grid: (pen) => line(pen, [0, 4, 8, 4], [4, 0, 4, 8]),
  dots: (pen) => [[2, 2], [6, 6]].forEach(([x, y]) => pen.fillRect(x - 1, y - 1, 2, 2)),
};

function line(pen, ...pieces) {
  pen.beginPath();
  for (const [x, y, toX, toY] of pieces) {
    pen.moveTo(x, y);
    pen.lineTo(toX, toY);
  }
  pen.stroke();
}

/** A canvas pattern of that name, or null for one that has nothing to draw over its colour. */
export function makePattern(context, name, ink) {
  const draw = TILES[name];
  if (!draw) return null;
  const tile = document.createElement("canvas");
  tile.width = tile.height = TILE;
  const pen = tile.getContext("2d");
  pen.strokeStyle = pen.fillStyle = ink;
  pen.lineWidth = 1.5;
  draw(pen);
  return context.createPattern(tile, "repeat");
}
