const FIELDS = ":is(.predictions, .question) :is(input, select)";

/**
 * The keys of a review: whatever says its key in `aria-keyshortcuts` is pressed by it, as long as
 * nobody types. Where something has the focus in a `[data-keys]`, its keys come first.
 */
export function offerKeys() {
  const page = document.querySelector(".review");
  if (!page) return;
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") document.activeElement.blur();
    else if (!isBusy(event)) press(event, findTarget(page, event.key));
  });
}

/** Whoever types, or presses a button or link by Enter, means that and no key of the page. */
function isBusy({ key, target }) {
  if (target.isContentEditable) return true;
  if (key === "Enter") return target !== document.body;
  return target.matches("input:not([type=checkbox], [type=radio]), textarea, select");
}

function findTarget(page, key) {
  const near = document.activeElement.closest("[data-keys]");
  return [near, page]
    .flatMap((place) => [...(place?.querySelectorAll("[aria-keyshortcuts]") ?? [])])
    .find((one) => one.getAttribute("aria-keyshortcuts") === key && one.checkVisibility());
}

function press(event, target) {
  if (!target) return;
  event.preventDefault();
  if (target.matches("a[href^='#']")) return enter(document.querySelector(target.getAttribute("href")));
  target.focus();
  target.click();
  if (target.matches("summary")) revealed(target.parentElement);
}

/** Into an exercise: its code, or whatever it is answered with. */
function enter(place) {
  const field = place.querySelector(`${FIELDS}, .cm-content, .movable .line`);
  field?.scrollIntoView({ block: "center" });
  field?.focus();
}

/** What was opened is seen from its beginning, and the buttons for it are the next by Tab. */
function revealed(details) {
  if (details.open) details.scrollIntoView({ block: "nearest" });
}
