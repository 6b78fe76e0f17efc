const SYSTEM_IS_DARK = matchMedia("(prefers-color-scheme: dark)");

/** Give the page the theme chosen in this browser, or the system's. */
export function apply() {
  const system = SYSTEM_IS_DARK.matches ? "dark" : "light";
  document.documentElement.dataset.theme = readChosen() ?? system;
}

function readChosen() {
  try {
    return localStorage.getItem("theme");
  } catch {
    return null; // embedded in a site whose frames may keep nothing
  }
}

/** Let the button switch between dark and light. */
export function offerThemes(button) {
  const show = () => {
    apply();
    button.setAttribute("aria-pressed", String(document.documentElement.dataset.theme === "dark"));
    document.dispatchEvent(new Event("theme-change"));
  };
  button.addEventListener("click", () => {
    const isDark = document.documentElement.dataset.theme === "dark";
    localStorage.setItem("theme", isDark ? "light" : "dark");
    show();
  });
  SYSTEM_IS_DARK.addEventListener("change", show);
  show();
}
