import { sendCode, takeCode } from "../editor/opened.js";

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
  const sent = key && takeCode(key);
  if (sent) openCode(cell, editor, sent);
}

/** Put the code of an earlier run into the editor, and choose its driver. */
export function openCode(cell, editor, { code, driver }) {
  editor.edits.replace(code, "opened");
  const select = cell.querySelector("form").elements.driver;
  if (select && [...select.options].some(({ value }) => value === driver)) select.value = driver;
}
