/** One parameter: a slider or a list beside the constant that it stands for. */
export class Control {
  /** `editor` is null for a parameter of the run, which no line of the code holds. */
  constructor(element, editor) {
    this.name = element.dataset.name;
    this.label = element.querySelector("label").textContent;
    this.unit = element.dataset.unit;
    this.input = element.querySelector("input, select");
    this.output = element.querySelector("output");
    this.why = element.querySelector(".why");
    this.editor = editor;
    this.given = this.value;
    this.input.addEventListener("input", () => this.tell(this.input.value));
  }

  /** What a run would use now, as text; "" while the code hides it. */
  get value() {
    const { value, problem } = this.read();
    return problem ? "" : value;
  }

  /** The value with its unit, as a person reads it; "" while the code hides it. */
  get told() {
    return this.value && `${this.value} ${this.unit}`.trim();
  }

  /** Follow the code: what was typed moves the slider, or switches it off and says why. */
  follow() {
    const { value, problem } = this.read();
    this.input.disabled = Boolean(problem);
    this.why.textContent = problem ?? "";
    if (problem) return;
    this.input.value = value;
    this.tell(value);
  }

  /** Write what was chosen into the code. */
  write() {
    const { literal, problem } = this.read();
    if (this.editor && !problem) this.editor.writeConstant(this.name, toLiteral(this.input.value, literal));
  }

  /** Back to the author's. */
  restore() {
    if (!this.editor) this.input.value = this.given;
    this.follow();
  }

  read() {
    if (!this.editor) return { value: this.input.value };
    const { literal, problem } = this.editor.readConstant(this.name);
    if (problem) return { problem };
    const isText = /^["']/.test(literal);
    if (isText !== (this.input.type !== "range")) {
      return { problem: `${this.name} is ${isText ? "a text" : "a number"} in the code now.` };
    }
    return { literal, value: isText ? literal.slice(1, -1) : String(Number(literal.replaceAll("_", ""))) };
  }

  tell(value) {
    if (!this.output) return;
    this.output.textContent = `${value} ${this.unit}`.trim();
    this.input.setAttribute("aria-valuetext", this.output.textContent);
  }
}

/** As the code wrote the last one: its quotes, and a decimal point where there was one. */
function toLiteral(value, before) {
  if (/^["']/.test(before)) return before[0] + value + before[0];
  return before.includes(".") && !value.includes(".") ? `${value}.0` : value;
}
