const SETTLED_MS = 250;

/**
 * What a run wrote and gave, as far as it had by a time of its replay: all that has a `data-at`.
 *
 * The output is a log that screen readers speak as it grows. What a replay hides and shows again
 * is no news, so it is silent meanwhile.
 */
export class Transcript {
  constructor(cell) {
    this.cell = cell;
    this.output = cell.querySelector(".output");
  }

  /** Only what came until `time` (µs), or everything for null. */
  show(time) {
    this.silence(time !== null);
    for (const piece of this.cell.querySelectorAll("[data-at]:not(.show-moment)")) {
      const isAhead = time !== null && Number(piece.dataset.at) > time;
      if (piece.hidden !== isAhead) piece.hidden = isAhead;
    }
    if (time !== null && this.output) this.output.scrollTop = this.output.scrollHeight;
  }

  /** The replay is gone: what comes now is of another run, and is news. */
  leave() {
    this.show(null);
    clearTimeout(this.timer);
    this.output?.removeAttribute("aria-live");
  }

  silence(isReplayed) {
    clearTimeout(this.timer);
    if (isReplayed) this.output?.setAttribute("aria-live", "off");
    else this.timer = setTimeout(() => this.output?.removeAttribute("aria-live"), SETTLED_MS);
  }
}
