/** Code on its way from a recording's page to the editor of the same cell. */
export function sendCode(key, code, driver) {
  sessionStorage.setItem(`open:${key}`, JSON.stringify({ code, driver }));
}

/** {code, driver} that was sent to this cell, once; null when there is none. */
export function takeCode(key) {
  try {
    const sent = JSON.parse(sessionStorage.getItem(`open:${key}`));
    sessionStorage.removeItem(`open:${key}`);
    return sent;
  } catch {
    return null; // storage is switched off
  }
}
