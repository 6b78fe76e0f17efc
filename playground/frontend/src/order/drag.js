const DRAG_PX = 5;
const EDGE_PX = 48;
const STEP_PX = 30;

/**
 * Dragging lines of an `<order-lines>`: a mouse takes one anywhere, a finger by its grip. A mark
 * shows where the line would come; without a second list none is left out. `drop` is told {row, isLeftOut, index, steps}.
 */
export class Drag {
  constructor(place, { lists, drop }) {
    Object.assign(this, { lists, drop });
    this.mark = document.createElement("li");
    this.mark.className = "drop-mark";
    this.mark.setAttribute("aria-hidden", "true");
    place.addEventListener("pointerdown", (event) => this.begin(event));
    this.follow = (event) => this.onMove(event);
    this.finish = (event) => this.end(event.type === "pointerup");
    this.escape = (event) => event.key === "Escape" && this.end(false);
  }

  begin(event) {
    const row = event.target.closest(".movable");
    if (!row || event.button !== 0 || event.target.closest(".moves")) return;
    if (event.pointerType === "touch" && !event.target.closest(".grip")) return;
    this.end(false);
    this.started = { row, pointer: event.pointerId, x: event.clientX, y: event.clientY };
    this.listen("addEventListener");
  }

  listen(method) {
    window[method]("pointermove", this.follow);
    window[method]("pointerup", this.finish);
    window[method]("pointercancel", this.finish);
    window[method]("keydown", this.escape);
  }

  onMove({ clientX, clientY, pointerId }) {
    const { row, pointer, x, y } = this.started;
    if (pointerId !== pointer) return;
    if (!this.target && Math.hypot(clientX - x, clientY - y) < DRAG_PX) return;
    row.classList.add("dragged");
    if (clientY < EDGE_PX) window.scrollBy(0, -EDGE_PX / 4);
    if (clientY > window.innerHeight - EDGE_PX) window.scrollBy(0, EDGE_PX / 4);
    const [program, leftOut] = this.lists;
    const isLeftOut = Boolean(leftOut) && clientY > leftOut.parentElement.getBoundingClientRect().top;
    const list = isLeftOut ? leftOut : program;
    const rows = [...list.querySelectorAll(".movable:not(.dragged)")];
    const middle = (one) => one.getBoundingClientRect().top + one.offsetHeight / 2;
    const index = rows.filter((one) => middle(one) < clientY).length;
    list.insertBefore(this.mark, rows[index] ?? null);
    this.target = { row, isLeftOut, index, steps: Math.round((clientX - x) / STEP_PX) };
  }

  end(isDropped) {
    if (!this.started) return;
    this.listen("removeEventListener");
    this.mark.remove();
    this.started.row.classList.remove("dragged");
    const { target } = this;
    this.started = this.target = null;
    if (isDropped && target) this.drop(target);
  }
}
