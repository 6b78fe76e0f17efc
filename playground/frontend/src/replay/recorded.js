const DRAWN = new Set(["telemetry", "witness"]);

/** Fills its timeline from the recording at `data-source`, on a scale of `data-scale` µs. */
export class RecordedLoop extends HTMLElement {
  async connectedCallback() {
    if (this.isAsked) return;
    this.isAsked = true;
    const timeline = this.querySelector("loop-timeline");
    try {
      const answer = await fetch(this.dataset.source);
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      const { events } = await answer.json();
      timeline.load(events.filter((event) => DRAWN.has(event.type)));
      timeline.scale = { end_us: Number(this.dataset.scale) };
    } catch {
      this.append("This recording could not be read: it may be gone. Reload the page to try again.");
    }
  }
}
