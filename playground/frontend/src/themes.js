const DARK = matchMedia("(prefers-color-scheme: dark)");

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : DARK.matches;
}

/** Let the button switch between dark and light; the choice is kept in this browser. */
export function offerThemes(button) {
  const show = () => button.setAttribute("aria-pressed", String(isDark()));
  const announce = () => {
    show();
    document.dispatchEvent(new Event("theme-change"));
  };
  button.addEventListener("click", () => {
    const theme = isDark() ? "light" : "dark";
    document.documentElement.dataset.theme = theme;
    localStorage.setItem("theme", theme);
    announce();
  });
  DARK.addEventListener("change", announce);
  show();
}
