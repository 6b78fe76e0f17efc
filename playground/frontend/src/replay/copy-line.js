/** A line of text to take elsewhere, and the button that copies it. */
export class CopyLine extends HTMLElement {
  connectedCallback() {
    const [field, button] = [this.querySelector("input"), this.querySelector("button")];
    button.addEventListener("click", async () => {
      field.select();
      try {
        await navigator.clipboard.writeText(field.value);
        button.textContent = "Copied";
      } catch {
        button.textContent = "Selected: press Ctrl+C"; // without HTTPS a page may not copy
      }
    });
  }
}
