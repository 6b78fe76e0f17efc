/**
 * What was typed into one place, in this browser: {code, digest, version, isSaved, aside}. The
 * first line of what is kept: it needs neither connection nor site.
 *
 * Whoever signs in here has copies of their own, so that nobody meets another's.
 */
export class LocalCopy {
  constructor(key, owner) {
    const isAccount = owner.startsWith("account-");
    this.name = isAccount ? `code@${owner}:${key}` : `code:${key}`;
    this.strayName = isAccount ? `code:${key}` : "";
  }

  read() {
    return read(this.name);
  }

  write(copy) {
    try {
      localStorage.setItem(this.name, JSON.stringify(copy));
    } catch {
      // Storage is full or switched off; the page itself still has the text, and so may the site.
    }
  }

  remove() {
    remove(this.name);
  }

  /** What was typed here before somebody signed in. */
  readStray() {
    return this.strayName ? read(this.strayName) : null;
  }

  removeStray() {
    remove(this.strayName);
  }
}

/** Drop what the site has of accounts that are not signed in here any more. */
export function forgetOthers(owner) {
  try {
    for (const name of Object.keys(localStorage)) {
      const isOthers = name.startsWith("code@") && !name.startsWith(`code@${owner}:`);
      if (isOthers && read(name)?.isSaved) remove(name);
    }
  } catch {
    // Storage is switched off: nothing is there.
  }
}

function read(name) {
  try {
    return JSON.parse(localStorage.getItem(name));
  } catch {
    return null; // not by us, or storage is switched off
  }
}

function remove(name) {
  try {
    localStorage.removeItem(name);
  } catch {
    // Nothing was there.
  }
}
