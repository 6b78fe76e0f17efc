/**
 * Who held which database connection when, from the pools' events and the statements.
 *
 * Each: {key, worker, number, holds, transactions, statements}; holds and transactions are
 * spans {kind, at_us, duration_us (null while it lasts), laneKey, line, …}.
 */
export class Connections {
  constructor() {
    this.all = new Map();
  }

  /** Of one worker, by number. */
  of(worker) {
    return [...this.all.values()]
      .filter((connection) => connection.worker === worker)
      .sort((one, other) => one.number - other.number);
  }

  addStatement(event) {
    if (event.connection) this.get(event).statements.push(event);
  }

  addPool(event) {
    if (!event.connection) return;
    const { holds } = this.get(event);
    if (event.action === "checkout") {
      holds.push({ ...event, kind: "hold", duration_us: null });
    } else if (event.action === "checkin") {
      close(holds, event);
    } else if (event.action === "left_out") {
      const open = holds.findLast((hold) => hold.duration_us === null);
      if (open) open.leftOut = true;
      else holds.push({ ...event, kind: "hold", duration_us: null, leftOut: true });
    }
  }

  addTransaction(event) {
    if (!event.connection) return;
    const { transactions } = this.get(event);
    if (event.action === "begin") {
      transactions.push({ ...event, kind: "transaction", duration_us: null });
    } else if (event.action === "commit" || event.action === "rollback") {
      const open = close(transactions, event);
      if (open) open.ending = event.action;
    } else if (event.action === "left_open") {
      const open = transactions.findLast((one) => one.duration_us === null);
      if (open) open.leftOpen = true;
    }
  }

  get({ worker, connection: number }) {
    const key = `${worker}/${number}`;
    if (!this.all.has(key)) {
      this.all.set(key, { key, worker, number, holds: [], transactions: [], statements: [] });
    }
    return this.all.get(key);
  }
}

function close(spans, { at_us: at }) {
  const open = spans.findLast((span) => span.duration_us === null);
  if (open) open.duration_us = Math.max(0, at - open.at_us);
  return open;
}
