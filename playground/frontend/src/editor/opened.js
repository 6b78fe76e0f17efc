const MOST_KEPT = 5;

/** Code on its way from a recording's page to the editor of the same cell. */
export function sendCode(key, code, driver) {
  sessionStorage.setItem(`open:${key}`, JSON.stringify({ code, driver }));
}

/** {code, driver} that was sent to this cell, once; null when there is none. */
export function takeCode(key) {
  try {
    const sent = JSON.parse(sessionStorage.getItem(`open:${key}`));
    sessionStorage.removeItem(`open:${key}`);
    return sent;
  } catch {
    return null; // storage is switched off
  }
}

/** What a learner had in an editor before another's code came into it, the latest last. */
export class SetAside {
  constructor(key) {
    this.key = `aside:${key}`;
  }

  read() {
    try {
      return JSON.parse(localStorage.getItem(this.key)) ?? [];
    } catch {
      return [];
    }
  }

  push(code) {
    this.write([...this.read(), code].slice(-MOST_KEPT));
  }

  pop() {
    const kept = this.read();
    const last = kept.pop();
    this.write(kept);
    return last;
  }

  clear() {
    this.write([]);
  }

  write(kept) {
    try {
      if (kept.length) localStorage.setItem(this.key, JSON.stringify(kept));
      else localStorage.removeItem(this.key);
    } catch {
      // Undo in the editor still has it, until the page is left.
    }
  }
}
