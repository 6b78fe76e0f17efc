/** What a learner typed into one cell, kept in this browser with the version it began from. */
export class Kept {
  constructor(key, digest) {
    this.key = `code:${key}`;
    this.digest = digest;
  }

  /** {code, isOlder}, or null when the cell was never edited. */
  read() {
    try {
      const { code, digest } = JSON.parse(localStorage.getItem(this.key));
      return { code, isOlder: digest !== this.digest };
    } catch {
      return null; // nothing kept, or not by us
    }
  }

  /** The author's own code needs no keeping. */
  write(code, author) {
    try {
      if (code === author) localStorage.removeItem(this.key);
      else localStorage.setItem(this.key, JSON.stringify({ code, digest: this.digest }));
    } catch {
      // Storage is full or switched off; the page itself still has the text.
    }
  }
}
