const NO_SESSION = 4401;
const LOST = "The connection to the site is lost. What you typed is kept; trying again …";
const UNKNOWN =
  "The site does not know this browser: cookies may be switched off, or the page is old. " +
  "What you typed is kept; reload the page.";
const GOES_ON = "The connection is lost; the run goes on. Trying again …";

const getNotice = () => document.getElementById("notice");

/** Which cell of which card, as its form sends it. */
function addressOf(status) {
  const { pack, card, cell } = status.closest(".cell").querySelector("form").elements;
  return { pack: pack.value, card: card.value, cell: cell.value };
}

/** Say in the page's notice when the socket is gone; clear it when it is back. */
export function watchConnection() {
  document.addEventListener("htmx:wsClose", ({ detail }) => {
    getNotice().textContent = detail.event.code === NO_SESSION ? UNKNOWN : LOST;
    for (const status of document.querySelectorAll(".status.running")) status.textContent = GOES_ON;
  });
  document.addEventListener("htmx:wsOpen", ({ detail }) => {
    if (getNotice().textContent === LOST) getNotice().textContent = "";
    // Perhaps another web process answers now: it shows each run from its beginning.
    for (const status of document.querySelectorAll(".status.running[data-run]")) {
      const message = { action: "resume", ...addressOf(status), run_id: status.dataset.run };
      detail.socketWrapper.sendImmediately(JSON.stringify(message), status);
    }
  });
  // A notice about the last message is over with the next one.
  document.addEventListener("htmx:wsBeforeSend", () => {
    getNotice().textContent = "";
  });
}
