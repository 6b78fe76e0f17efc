import { inWords } from "../durations.js";
import { lengthOf } from "./items.js";
import { countHeldUp } from "./requests.js";
import { BLOCK, HOLD, STATEMENT, STATES, TRANSACTION, stateOf } from "./states.js";

/** What is known of one item of the picture, as a sentence. */
export function tell(item, recording) {
  const where = item.line ? `, line ${item.line}` : "";
  const took = inWords(lengthOf(item, recording));
  const who = recording.nameOf(item.laneKey);
  switch (item.kind) {
    case "block":
      return `${item.call || item.source || "Something outside your code"}${where}: held the loop for ${took}${whoWaited(item, recording)}`;
    case "sql":
      return `${item.statement}${where}: ${took}${item.error ? `, ${item.error}` : ""}, in ${who}`;
    case "lag":
      return `Seen from outside: the loop did not answer for ${took}`;
    case "lock":
      return `Connection ${item.connection} waited ${took} for connection ${item.blocked_by}: ${item.statement ?? ""}`;
    case "hold":
      return `${who}${where}: had the connection for ${took}${item.leftOut ? " and never gave it back" : ""}`;
    case "transaction":
      return `${who}${where}: a transaction of ${took}${item.leftOpen ? ", left open" : ""}${item.ending ? `, ended by ${item.ending}` : ""}`;
    case "run":
      if (recording.lanes.get(item.laneKey)?.of === "thread") return `${who}: worked for ${took}${forWhom(item, recording)}`;
      return `${who}: ran for ${inWords(item.busy_us ?? item.duration_us)} in ${took}, ${item.steps ?? 1} step(s)`;
    case "ready": {
      const block = recording.blockOf(item.worker, item.blocked_by);
      const by = block ? `, held up by ${block.call || block.source || "a block"}${block.line ? ` on line ${block.line}` : ""}` : "";
      return `${who}: could have run for ${took}${by}`;
    }
    case "await": {
      const target = item.target ? `: ${recording.nameOf(`${item.worker}/${item.target}`)}` : "";
      return `${who}${where}: ${STATES[stateOf(item)].name} for ${took}${target}`;
    }
  }
  return "";
}

function forWhom({ target, line, worker }, recording) {
  if (!target && !line) return "";
  return `, asked by ${recording.nameOf(`${worker}/${target}`)}${line ? ` on line ${line}` : ""}`;
}

function whoWaited(block, recording) {
  const { waiting } = block;
  const requests = countHeldUp(block, recording);
  if (requests) return `; ${requests} request${requests === 1 ? "" : "s"} waited`;
  return waiting ? `; ${waiting} task${waiting === 1 ? "" : "s"} waited` : "";
}

/** What a recording has, for the legend: states in the order of the picture. */
export function statesOf(recording) {
  const seen = new Set();
  for (const { spans } of recording.lanes.values()) for (const span of spans) seen.add(stateOf(span));
  const states = Object.entries(STATES).filter(([name]) => seen.has(name)).map(([, state]) => state);
  if (recording.statements.length) states.push(STATEMENT);
  if (recording.connections.all.size) states.push(HOLD);
  if (recording.transactions.length) states.push(TRANSACTION);
  return recording.blocks.length ? [BLOCK, ...states] : states;
}

/** The whole picture in a sentence, for those who do not see it. */
export function describe(recording, hidden) {
  const longest = recording.blocks.reduce((most, block) => Math.max(most, block.duration_us), 0);
  const blocks = longest
    ? `${recording.blocks.length} block(s), the longest ${inWords(longest)}`
    : "nothing held the loop";
  const loops = recording.hasSeveralWorkers
    ? `${recording.workers.length} event loops, one for each worker`
    : "the event loop";
  const count = (of) => recording.lanesOf(of).length;
  const requests = count("request") ? `; ${count("request")} request(s)` : "";
  const threads = count("thread") ? `; ${count("thread")} thread(s)` : "";
  const more = hidden ? `, ${hidden} rows not drawn` : "";
  return (
    `${inWords(recording.end)} of ${loops}: ${blocks}${requests}; ${count("task")} task(s)${threads}${more}; ` +
    `${recording.statements.length} SQL statement(s). The tables below hold the same.`
  );
}
