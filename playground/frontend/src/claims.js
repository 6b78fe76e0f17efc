/** Links to a place close the claim they stand in, and open whatever the place is folded into. */
export function followLinks() {
  document.addEventListener("click", ({ target }) => {
    const link = target.closest?.('a[href^="#"]');
    if (!link) return;
    link.closest("[popover]")?.hidePopover();
    unfold(link.hash);
  });
  addEventListener("hashchange", () => unfold(location.hash));
  unfold(location.hash);
}

function unfold(hash) {
  const place = hash.length > 1 && document.getElementById(hash.slice(1));
  const folded = place && place.closest("details:not([open])");
  for (let one = folded; one; one = one.parentElement.closest("details")) one.open = true;
  if (folded) place.scrollIntoView();
}
