import { Edits } from "./edits/edits.js";

const LINE = /^([\w-]+) = (.*)$/;

/**
 * The fields that foretell or name lines, kept as code is: with `data-key`, in this browser at
 * once and on the site a moment later, for every tab and device.
 *
 * Kept is a text of one line for each field that is not as the author left it: `name = value`.
 */
export class AnswerFields extends HTMLElement {
  connectedCallback() {
    if (this.author !== undefined || !this.dataset.key) return;
    this.author = "";
    this.edits = new Edits(this);
    const kept = this.edits.begin();
    if (kept) this.replace(kept);
    this.addEventListener("input", () => this.edits.note());
    this.edits.connect();
  }

  get fields() {
    return [...this.querySelectorAll("input, select")];
  }

  get code() {
    const given = this.fields.filter((field) => field.value !== defaultOf(field));
    return given.map(({ name, value }) => `${name} = ${value}\n`).join("");
  }

  /** Fields that the text does not name are as the author left them. */
  replace(code) {
    const lines = code.split("\n").map((line) => line.match(LINE)).filter(Boolean);
    const given = new Map(lines.map(([, name, value]) => [name, value]));
    for (const field of this.fields) {
      field.value = given.get(field.name) ?? defaultOf(field);
      if (field.value === "" && field.matches("select")) field.value = defaultOf(field); // a choice that is gone
    }
    this.fields[0]?.dispatchEvent(new Event("input", { bubbles: true }));
  }

  focus() {
    this.fields[0]?.focus();
  }
}

function defaultOf(field) {
  if (!field.matches("select")) return field.defaultValue;
  const options = [...field.options];
  return (options.find((option) => option.defaultSelected) ?? options[0]).value;
}
