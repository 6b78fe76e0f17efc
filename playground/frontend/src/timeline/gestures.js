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
    if (!this.wasDragged && distance(event, before) < DRAG_PX) return;
    this.wasDragged = true;
    const other = [...this.pointers.values()].find((one) => one.pointerId !== event.pointerId);
    if (other) {
      const ratio = distance(before, other) / Math.max(1, distance(event, other));
      timeline.zoom(ratio, timeline.timeAt({ clientX: (event.clientX + other.clientX) / 2 }));
    } else {
      timeline.pan(timeline.timeAt(before) - timeline.timeAt(event));
    }
    this.pointers.set(event.pointerId, event);
  }
}

function distance(one, other) {
  return Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
}
