const NO_SESSION = 4401;
const LOST = "The connection to the site is lost. What you typed is kept; trying again …";
const UNKNOWN =
  "The site does not know this browser: cookies may be switched off, or the page is old. " +
  "What you typed is kept; reload the page.";
const STOPPED = "The connection was lost, so the run was stopped. Run it again.";

const getNotice = () => document.getElementById("notice");

/** Say in the page's notice when the socket is gone; clear it when it is back. */
export function watchConnection() {
  document.addEventListener("htmx:wsClose", ({ detail }) => {
    getNotice().textContent = detail.event.code === NO_SESSION ? UNKNOWN : LOST;
    for (const status of document.querySelectorAll(".status.running")) {
      status.classList.remove("running");
      status.textContent = STOPPED;
    }
  });
  document.addEventListener("htmx:wsOpen", () => {
    if (getNotice().textContent === LOST) getNotice().textContent = "";
  });
  // A notice about the last message is over with the next one.
  document.addEventListener("htmx:wsBeforeSend", () => {
    getNotice().textContent = "";
  });
}
