const PATIENCE_MS = 10_000;

/** One button that runs the cell on each of its drivers in turn and then compares the runs. */
export function offerEveryDriver(cell) {
  const button = cell.querySelector(".every-driver");
  button?.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await runAndCompare(cell);
    } finally {
      button.disabled = false;
    }
  });
}

async function runAndCompare(cell) {
  const form = cell.querySelector("form");
  const select = form.elements.driver;
  const chosen = select.value;
  const runs = [];
  for (const { value } of [...select.options]) {
    select.value = value;
    const recorded = untilRecorded(cell);
    form.requestSubmit();
    const run = await recorded;
    if (!run || run.dataset.outcome === "cancelled") break;
    runs.push(run.dataset.run);
  }
  select.value = chosen;
  if (runs.length < 2) return;
  const target = cell.querySelector(".comparison-place");
  await window.htmx.ajax("GET", `/runs/compare/${runs.join("/")}/`, { target, swap: "innerHTML" });
  target.scrollIntoView({ block: "nearest" });
}

/** The next recording of the cell; null when a run ended and none came of it. */
function untilRecorded(cell) {
  const place = cell.querySelector(".recording-place");
  place.replaceChildren();
  return new Promise((resolve) => {
    let timer;
    const end = (found) => {
      observer.disconnect();
      clearTimeout(timer);
      resolve(found);
    };
    const look = () => {
      const found = place.querySelector(".recorded");
      if (found) return end(found);
      clearTimeout(timer);
      const isRunning = cell.querySelector(".status").classList.contains("running");
      if (!isRunning) timer = setTimeout(() => end(null), PATIENCE_MS);
    };
    const observer = new MutationObserver(look);
    observer.observe(cell, { childList: true, subtree: true });
    look();
  });
}
