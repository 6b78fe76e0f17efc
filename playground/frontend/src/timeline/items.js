/** What can be pointed at and selected in a row, by time: blocks, spans, statements and so on. */
export function itemsOf(recording, row) {
  switch (row.kind) {
    case "loop":
      return byTime(recording.blocks.filter((block) => block.worker === row.worker));
    case "lag":
      return byTime(recording.witness.lag.filter((event) => event.worker === row.worker));
    case "lock":
      return byTime([...recording.locksOf(row.worker)]);
    case "lane": {
      const { statements, blocks } = row.lane;
      return byTime([...recording.spansOf(row.lane), ...statements, ...blocks]);
    }
    case "connection": {
      const { holds, transactions, statements } = row.connection;
      return byTime([...holds, ...transactions, ...statements]);
    }
  }
  return [];
}

/** The first row that shows an item, and the best one to go to. */
export function rowOf(recording, layout, item) {
  return layout.rows.find((row) => itemsOf(recording, row).includes(item));
}

/** The item of a row at a time; of several the shortest, as it lies on top. */
export function itemAt(recording, row, time, slack) {
  const hit = itemsOf(recording, row).filter((item) => (
    time >= item.at_us - slack && time <= item.at_us + lengthOf(item, recording) + slack
  ));
  return hit.sort((one, other) => rank(one) - rank(other) || lengthOf(one, recording) - lengthOf(other, recording))[0];
}

/** µs; what never ended lasts until the recording's end. */
export function lengthOf(item, recording) {
  return item.duration_us ?? Math.max(0, recording.end - item.at_us);
}

function rank({ kind }) {
  return kind === "block" || kind === "sql" ? 0 : 1;
}

function byTime(items) {
  return items.sort((one, other) => one.at_us - other.at_us);
}
