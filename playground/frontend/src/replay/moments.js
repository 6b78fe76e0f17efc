/** The moment at which the page's replay stands, taken into the field beside the button. */
export class TakeMoment extends HTMLElement {
  connectedCallback() {
    this.querySelector("button").addEventListener("click", () => {
      const replay = document.querySelector("loop-replay");
      const field = this.closest("form").elements.at_ms;
      const at = replay?.at ?? replay?.end ?? 0;
      field.value = Math.round(at / 1000);
      field.focus();
    });
  }
}

/** A moment that somebody named: a button that puts the replay there. */
export class ShowMoment extends HTMLElement {
  connectedCallback() {
    const said = this.querySelector("span");
    const replay = document.querySelector("loop-replay");
    if (!replay || !said) return;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = `${said.textContent}: show it`;
    button.addEventListener("click", () => {
      replay.pause();
      replay.at = Math.min(Number(this.dataset.at), replay.end);
      replay.show();
      replay.scrollIntoView({ block: "nearest" });
    });
    said.replaceWith(button);
  }
}
