// A request names its own address and twice that of the page before; servers take 16 KB of it all.
const MOST_ENCODED = 4000;

/**
 * "/" leads to the box that searches, as long as nobody types. What is pasted there keeps its
 * lines, and its end if it is too long: a traceback says there what happened.
 */
export function offerSearch() {
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !isTyping(event)) {
      event.preventDefault();
      focusBox();
    } else if (event.key === "Enter" && !event.shiftKey && event.target.matches("textarea[name=q]")) {
      event.preventDefault();
      event.target.form.requestSubmit();
    }
  });
  document.addEventListener("paste", (event) => {
    if (event.target.matches?.("[name=q]")) takePasted(event, event.target);
  });
}

/** Whether a key that was pressed is a letter of some text. */
export function isTyping({ target }) {
  return target.isContentEditable || target.matches("input:not([type=checkbox], [type=radio]), textarea, select");
}

function focusBox() {
  const box = [...document.querySelectorAll("[name=q]")].find((one) => one.checkVisibility());
  if (!box) return document.querySelector(".find-link").click();
  box.focus();
  box.select();
}

function keepEnd(text) {
  let kept = text.slice(-MOST_ENCODED);
  while (encodeURIComponent(kept.toWellFormed()).length > MOST_ENCODED) {
    kept = kept.slice(Math.ceil(kept.length / 8));
  }
  return kept.toWellFormed();
}

function takePasted(event, box) {
  const text = event.clipboardData.getData("text").trim();
  const kept = keepEnd(text);
  const hasRoom = box instanceof HTMLTextAreaElement;
  if (kept === text && (hasRoom || !text.includes("\n"))) return;
  event.preventDefault();
  if (!hasRoom) {
    location.assign(`${box.form.action}?${new URLSearchParams({ q: kept })}`);
  } else {
    box.value = kept;
    box.dispatchEvent(new Event("input", { bubbles: true }));
  }
}
