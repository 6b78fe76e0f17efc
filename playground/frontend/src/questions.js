import { isTyping } from "./find.js";

const QUICK_MS = 900; // digits typed so quickly are one number
const KEPT_MS = 400;
const MOST_TAKEN = 8; // then it is for the learner to ask

const SENTENCES = {
  0: "The answer did not arrive: the connection is lost. It is kept here; answer again when the connection is back.",
  403: "You signed in or out since this page was opened, so the answer was not taken. It is kept here: reload the page and answer again.",
  404: "This quiz is not there for whoever is signed in now. Your choice is kept here: sign in as before and reload the page.",
  failed: "The site could not take the answer; it is our fault. It is kept here: answer again, or reload the page.",
};

/**
 * Questions by keyboard: digits choose an option or a line, Enter answers, n goes to the next.
 * What is chosen and not yet sent is kept in this browser, by the form's `data-keep`.
 */
export function offerQuestions() {
  document.addEventListener("keydown", onKey);
  document.addEventListener("input", ({ target }) => keep(target.closest?.("form[data-keep]")));
  document.addEventListener("click", onNext);
  document.addEventListener("htmx:afterSettle", ({ target }) => connectIn(target));
  for (const failed of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
    document.addEventListener(failed, ({ detail }) => tellFailure(detail));
  }
  addEventListener("online", () => tell(document, ""));
  connectIn(document);
}

function connectIn(place) {
  for (const form of place.querySelectorAll("form[data-judged]")) takeVerdict(form);
  for (const form of place.querySelectorAll("form[data-keep]")) {
    restore(form);
    form.querySelector("order-lines")?.addEventListener("editor-code", () => keep(form));
  }
  for (const { dataset } of place.querySelectorAll("[data-answered]")) forget(dataset.answered);
}

/** As soon as the live cell is judged its answer is taken; the attempt is kept a moment later. */
function takeVerdict(form) {
  const isJudged = () => document.getElementById(form.dataset.judged)?.matches(".passed, .failed");
  const take = () => {
    if (!form.isConnected || taken >= MOST_TAKEN || !isJudged()) return;
    taken += 1;
    form.requestSubmit();
  };
  const takeSoon = () => setTimeout(take, KEPT_MS);
  if (isJudged()) takeSoon();
  document.addEventListener("htmx:wsAfterMessage", takeSoon);
}

let taken = 0;
let typed = "";
let typedAt = 0;

function onKey(event) {
  const { key, target } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isTyping(event)) return;
  const form = document.querySelector("form[data-keep]");
  if (key === "n") document.querySelector('a[aria-keyshortcuts="n"]')?.click();
  else if (form && /^\d$/.test(key)) choose(form, key);
  else if (form && key === "Enter" && !target.closest("a, button, summary, order-lines")) {
    event.preventDefault();
    form.requestSubmit();
  }
}

/** The option or line with this number; a digit more may make it another's. */
function choose(form, digit) {
  const isQuick = performance.now() - typedAt < QUICK_MS;
  const numbered = numberFields(form);
  const longer = `${isQuick ? typed : ""}${digit}`;
  typed = [...numbered.keys()].some((number) => number.startsWith(longer)) ? longer : digit;
  typedAt = performance.now();
  const field = numbered.get(typed);
  if (!field) return;
  field.click();
  field.focus();
  field.scrollIntoView({ block: "nearest" });
}

/** Options by their place, lines by their number in the code. */
function numberFields(form) {
  const fields = [...form.querySelectorAll(".options input, .pick-lines input")];
  const name = (field, index) => (field.closest(".pick-lines") ? field.value : `${index + 1}`);
  return new Map(fields.map((field, index) => [name(field, index), field]));
}

function onNext(event) {
  if (navigator.onLine || !event.target.closest?.('a[aria-keyshortcuts="n"]')) return;
  event.preventDefault();
  tell(document, "There is no connection now. Your answers so far are kept; go on when it is back.");
}

/** The form stays as it is, and says what happened. */
function tellFailure({ elt, xhr }) {
  const form = elt.closest?.("form[data-keep]");
  if (!form) return;
  tell(form, SENTENCES[xhr?.status ?? 0] ?? SENTENCES.failed);
}

function tell(place, sentence) {
  for (const one of place.querySelectorAll(".not-sent")) one.textContent = sentence;
}

const place = (name) => `asked:${name}`;

function keep(form) {
  if (!form) return;
  const fields = [...new FormData(form)].filter(([name]) => name === "answer").map(([, value]) => value);
  try {
    localStorage.setItem(place(form.dataset.keep), JSON.stringify(fields));
  } catch {
    // Storage is full or switched off; the page itself still has the choice.
  }
}

function forget(name) {
  try {
    localStorage.removeItem(place(name));
  } catch {
    // as above: then nothing is kept
  }
}

function restore(form) {
  let kept = null;
  try {
    kept = JSON.parse(localStorage.getItem(place(form.dataset.keep)));
  } catch {
    // nothing kept, or not by us
  }
  if (!Array.isArray(kept) || !kept.length) return;
  const order = form.querySelector("order-lines");
  if (order) return order.replace(`${kept[0]}`.replaceAll("\r\n", "\n"));
  let index = 0;
  for (const field of form.querySelectorAll("[name=answer]")) {
    if (field.matches("[type=radio], [type=checkbox]")) field.checked = kept.includes(field.value);
    else field.value = kept[index++] ?? "";
  }
}
