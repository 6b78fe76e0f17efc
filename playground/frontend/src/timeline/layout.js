const AXIS = 20;
const HEADING = 16;
const LOOP = 30;
const LAG = 22;
const LANE = 18;
const POOL = 24;
const GAP = 6;
const MOST_LANES = 24; // of one worker, until all are asked for
const MOST_EXPANDED = 400;

const GROUPS = [
  { of: "request", title: "requests" },
  { of: "task", title: "tasks" },
  { of: "thread", title: "threads" },
];

/**
 * Where each row of the picture lies.
 *
 * {rows: [{kind, worker, top, height, label, …}], height, hidden}; kind is heading, loop, lag,
 * lane (with lane), connection (with connection), lock or pool (with pool); hidden is how many
 * lanes are left out.
 */
export function layOut(recording, isExpanded) {
  const layout = { rows: [], height: AXIS, hidden: 0 };
  const { workers } = recording;
  const most = Math.floor((isExpanded ? MOST_EXPANDED : MOST_LANES) / Math.max(1, workers.length));
  for (const worker of workers) {
    layOutWorker(layout, recording, worker, most);
    layout.height += GAP;
  }
  return layout;
}

function layOutWorker(layout, recording, worker, most) {
  add(layout, { kind: "loop", worker, height: LOOP, label: recording.hasSeveralWorkers ? `worker ${worker}` : "loop" });
  if (recording.witness.lag.some((event) => event.worker === worker)) {
    add(layout, { kind: "lag", worker, height: LAG, label: "lag outside" });
  }
  const groups = GROUPS.map((group) => (
    { ...group, all: recording.lanesOf(group.of).filter((lane) => lane.worker === worker) }
  )).filter(({ all }) => all.length);
  const shares = shareOut(most, groups.map(({ all }) => all.length));
  for (const [index, { title, all }] of groups.entries()) {
    const drawn = all.slice(0, shares[index]);
    layout.hidden += all.length - drawn.length;
    addGroup(layout, title, all.length, drawn.map((lane) => (
      { kind: "lane", worker, lane, height: LANE, label: recording.nameOf(lane.key) }
    )));
  }
  const connections = recording.connections.of(worker);
  addGroup(layout, "connections", connections.length, connections.slice(0, most).map((connection) => (
    { kind: "connection", worker, connection, height: LANE, label: `conn. ${connection.number}` }
  )));
  const locks = recording.locksOf(worker);
  if (locks.length) addGroup(layout, "locks", locks.length, [{ kind: "lock", worker, height: LANE, label: "waits for" }]);
  const pools = new Set(recording.pool.filter((event) => event.worker === worker).map((event) => event.pool ?? 0));
  pools.delete(null);
  addGroup(layout, "pool", pools.size, [...pools].map((pool) => (
    { kind: "pool", worker, pool, height: POOL, label: pools.size > 1 ? `pool ${pool}` : "in use" }
  )));
}

/** How many rows each group gets: an equal part, and what others leave of theirs. */
function shareOut(rows, counts) {
  const shares = counts.map(() => 0);
  const order = counts.map((_, index) => index).sort((one, other) => counts[one] - counts[other]);
  let left = rows;
  for (const [done, index] of order.entries()) {
    shares[index] = Math.min(counts[index], Math.floor(left / (counts.length - done)));
    left -= shares[index];
  }
  return shares;
}

function addGroup(layout, title, count, rows) {
  if (!rows.length) return;
  add(layout, { kind: "heading", height: HEADING, label: count > 1 ? `${title} (${count})` : title });
  for (const row of rows) add(layout, row);
  layout.height += 2;
}

function add(layout, row) {
  layout.rows.push({ ...row, top: layout.height });
  layout.height += row.height + (row.kind === "loop" ? 4 : 0);
}
