const DRAG_PX = 4;

/** Drag pans a timeline, two fingers or Ctrl and the wheel zoom, hovering tells, a click selects. */
export class Gestures {
  constructor(canvas, timeline) {
    this.timeline = timeline;
    this.pointers = new Map();
    canvas.addEventListener("click", (event) => this.wasDragged || timeline.onClick(event));
    canvas.addEventListener("wheel", (event) => this.onWheel(event), { passive: false });
    for (const kind of ["pointerdown", "pointermove", "pointerup", "pointercancel", "pointerleave"]) {
      canvas.addEventListener(kind, (event) => this.onPointer(event));
    }
  }

  onWheel(event) {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    this.timeline.zoom(event.deltaY > 0 ? 1.2 : 1 / 1.2, this.timeline.timeAt(event));
  }

  onPointer(event) {
    if (event.type === "pointerdown") {
      this.pointers.set(event.pointerId, event);
      this.wasDragged = false;
    } else if (event.type === "pointermove") {
      if (this.pointers.has(event.pointerId)) this.drag(event);
      else this.timeline.hover(event);
    } else {
      this.pointers.delete(event.pointerId);
    }
  }

  drag(event) {
    const { timeline } = this;
    const before = this.pointers.get(event.pointerId);
    if (!this.wasDragged && Math.abs(event.clientX - before.clientX) < DRAG_PX) return;
    this.wasDragged = true;
    const other = [...this.pointers.values()].find((one) => one.pointerId !== event.pointerId);
    if (other) {
      const ratio = Math.abs(before.clientX - other.clientX) / Math.max(1, Math.abs(event.clientX - other.clientX));
      timeline.zoom(ratio, timeline.timeAt(other));
    } else {
      timeline.pan(timeline.timeAt(before) - timeline.timeAt(event));
    }
    this.pointers.set(event.pointerId, event);
  }
}
