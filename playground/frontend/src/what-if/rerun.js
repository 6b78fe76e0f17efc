const SETTLED_MS = 300;

/** Runs a cell again when a value has settled. While a run goes on, the newest value wins. */
export class Rerun {
  constructor(cell) {
    this.status = () => document.getElementById(`${cell.id}-status`);
    this.form = cell.querySelector("form");
    this.last = this.status();
    this.isRunning = false;
    this.isWanted = false;
    this.form.addEventListener("submit", () => this.noteStart());
    document.addEventListener("htmx:wsAfterMessage", () => this.noteMessage());
    document.addEventListener("htmx:wsClose", () => this.forget());
  }

  /** Run soon; a later wish takes the place of an earlier one. */
  wish() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.run(), SETTLED_MS);
  }

  forget() {
    clearTimeout(this.timer);
    this.isRunning = this.isWanted = false;
  }

  run() {
    this.isWanted = this.isRunning;
    if (this.isRunning) this.form.querySelector(".stop").click();
    else this.form.requestSubmit();
  }

  noteStart() {
    clearTimeout(this.timer);
    this.isRunning = true;
  }

  /** Each word of the site on this cell is a new status; a notice says that nothing was run. */
  noteMessage() {
    const status = this.status();
    const isRefused = document.getElementById("notice").textContent !== "";
    if (status === this.last && !isRefused) return;
    this.last = status;
    this.isRunning = !isRefused && status.classList.contains("running");
    if (this.isRunning || !this.isWanted) return;
    this.isWanted = false;
    this.form.requestSubmit();
  }
}
