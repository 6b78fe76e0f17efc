import { SetAside, sendCode, takeCode } from "../editor/opened.js";

/** A button on a recording's page that opens its code in the card's own editor. */
export class OpenCode extends HTMLElement {
  connectedCallback() {
    this.querySelector("button").addEventListener("click", () => {
      const { key, driver, address } = this.dataset;
      sendCode(key, this.closest(".cell").querySelector("textarea").value, driver);
      location.assign(address);
    });
  }
}

/** Put code that was sent to this cell into its editor; what was there is set aside, not lost. */
export function receiveCode(cell, editor) {
  const { key } = editor.dataset;
  if (!key) return;
  const aside = new SetAside(key);
  const sent = takeCode(key);
  if (sent && sent.code !== editor.code) {
    aside.push(editor.code);
    editor.replace(sent.code);
  }
  const select = cell.querySelector("form").elements.driver;
  if (sent && select && [...select.options].some(({ value }) => value === sent.driver)) {
    select.value = sent.driver;
  }
  if (aside.read().length) offerBack(editor, aside);
}

function offerBack(editor, aside) {
  const notice = document.createElement("p");
  notice.className = "new-version opened";
  const back = Object.assign(document.createElement("button"), { type: "button", textContent: "Back to mine" });
  const keep = Object.assign(document.createElement("button"), { type: "button", textContent: "Keep this" });
  notice.append("This is the code of a recorded run; yours is set aside. ", back, " ", keep);
  back.addEventListener("click", () => {
    editor.replace(aside.pop());
    if (!aside.read().length) notice.remove();
  });
  keep.addEventListener("click", () => {
    aside.clear();
    notice.remove();
  });
  editor.prepend(notice);
}
