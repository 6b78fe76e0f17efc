const SENTENCES = {
  elsewhere: (when) => `Two tabs or devices changed this cell. What one of them had ${when} is kept.`,
  reset: (when) => `You went back to the author’s code ${when}; what you had is kept.`,
  opened: (when) => `You opened the code of an earlier run ${when}; yours is set aside.`,
  taken: (when) => `You took another version ${when}; what you had is kept.`,
  "sign-in": (when) => `Other code was here before you signed in, of ${when.replace(/^at /, "")}.`,
};
const LABELS = { reset: ["Undo", "Forget it"], opened: ["Back to mine", "Keep this"] };

/** Above an editor: versions that were set aside, to be looked at, taken back or dropped. */
export class Offers {
  /** `take` and `drop` are called with one of what is shown. */
  constructor(editor, { take, drop }) {
    Object.assign(this, { editor, take, drop });
    this.element = make("div", { className: "set-aside" });
    this.element.setAttribute("aria-live", "polite");
    this.sentence = make("p", { className: "kept-state", hidden: true });
    this.list = make("div");
    this.element.append(this.sentence, this.list);
    this.shown = "[]";
    editor.prepend(this.element);
  }

  /** What is amiss with keeping; "" for nothing. */
  say(sentence) {
    this.sentence.textContent = sentence;
    this.sentence.hidden = !sentence;
  }

  /** [{text, why, at}], newest first. */
  show(offered) {
    const shown = JSON.stringify(offered);
    if (shown === this.shown) return;
    this.shown = shown;
    const [first, ...others] = offered.map((one) => this.makeOffer(one));
    const more = make("details", { className: "older" }, make("summary", { textContent: `${others.length} more` }), ...others);
    this.list.replaceChildren(...(first ? [first] : []), ...(others.length ? [more] : []));
  }

  makeOffer(one) {
    const [takeLabel, dropLabel] = LABELS[one.why] ?? ["Take it", "Drop it"];
    const text = make("pre", { textContent: one.text, hidden: true, tabIndex: 0 });
    text.setAttribute("aria-label", "What was set aside");
    text.setAttribute("role", "group");
    const show = makeButton("Show", () => {
      text.hidden = !text.hidden;
      show.textContent = text.hidden ? "Show" : "Hide";
      show.setAttribute("aria-expanded", !text.hidden);
    });
    show.setAttribute("aria-expanded", false);
    const sentence = SENTENCES[one.why](tellTime(one.at));
    const buttons = make(
      "span",
      { className: "buttons" },
      show,
      makeButton(takeLabel, () => this.take(one)),
      makeButton(dropLabel, () => this.drop(one)),
    );
    return make("div", { className: "offer" }, make("p", { textContent: sentence }), buttons, text);
  }
}

function tellTime(at) {
  const when = new Date(at);
  const time = when.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  if (when.toDateString() === new Date().toDateString()) return `at ${time}`;
  return `on ${when.toLocaleDateString([], { day: "numeric", month: "short" })} at ${time}`;
}

function makeButton(label, act) {
  const button = make("button", { type: "button", textContent: label });
  button.addEventListener("click", act);
  return button;
}

function make(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}
