import { LocalCopy } from "./local.js";
import { Offers } from "./offers.js";
import { getPage } from "./page.js";

const PAUSE_MS = 1000;
const LONGEST_MS = 5000; // for whoever never pauses
const RETRY_MS = 5000;
const SLOWEST_RETRY_MS = 60_000;
const MOST_BYTES = 64 * 1024;
const MOST_ASIDE = 5;
const TOO_LONG = "This is longer than 64 KiB, the most a cell may hold, so it is kept in this browser alone.";
const OFFLINE = "The site cannot be reached: what you type is kept in this browser, and sent once it can.";
const FORGOTTEN = "The site keeps nothing of this page any more; what you type is kept in this browser. Reload the page.";

/**
 * Keeps what is typed into one editor: in this browser at once, on the site a moment later.
 * Whoever writes last has the place; what was there is set aside and offered.
 *
 * The editor has `code`, `author`, `replace(code)`, `focus()`, and calls `note()` at each change.
 */
export class Edits {
  constructor(editor) {
    this.editor = editor;
    const { key, digest, kept } = editor.dataset;
    Object.assign(this, { key, digest, base: digest });
    this.page = getPage();
    this.isKeptHereAlone = !this.page.owner || key.split("/").length !== 3;
    this.local = new LocalCopy(key, this.page.owner);
    this.told = JSON.parse(kept ?? "null"); // what the site had when it made the page
    this.others = this.told?.set_aside ?? [];
    this.aside = []; // not told to the site yet, the oldest first
    this.settled = [];
    this.seen = 0;
    this.number = 0;
    this.isDirty = false;
    this.failures = 0;
  }

  /** What the editor begins with. */
  begin() {
    const copy = this.local.read();
    const isOurs = copy && (!copy.isSaved || !this.told || copy.version > this.told.version);
    const from = isOurs ? copy : this.told && { ...this.told, code: this.told.text, digest: this.told.base };
    const isAuthors = !from || (from.isAuthors ?? from.is_author_s); // also when that is another by now
    this.aside = copy?.aside ?? [];
    this.base = isAuthors ? this.digest : from.digest;
    this.seen = (this.told || this.isKeptHereAlone ? from?.version : 0) ?? 0;
    this.isDirty = Boolean(isOurs && !(copy.isSaved && this.told));
    return this.meetStray(isAuthors ? this.editor.author : from.code, Boolean(from));
  }

  /** What was typed here before the account was signed in to has the place if nothing else has. */
  meetStray(code, isTaken) {
    const stray = this.local.readStray();
    if (!stray) return code;
    for (const one of stray.aside ?? []) this.putAside(one.text, one.why);
    const isKnown = stray.code === code || this.others.some(({ text }) => text === stray.code);
    if (isTaken && !isKnown) this.putAside(stray.code, "sign-in");
    if (!isTaken) {
      code = stray.code;
      this.base = stray.digest;
      this.isDirty = true;
    }
    this.write(code);
    this.local.removeStray();
    return code;
  }

  /** The editor is there. */
  connect() {
    const take = (one) => this.take(one);
    this.offers = new Offers(this.editor, { take, drop: (one) => this.drop(one) });
    this.page.add(this.key, this);
    this.show();
    if (this.base !== this.digest && this.editor.code !== this.editor.author) this.tellOfNewVersion();
    this.send();
  }

  /** The code has changed, by whatever hand. */
  note() {
    if (this.isFollowing) return;
    this.base = this.digest;
    this.isDirty = true;
    this.write();
    this.sendSoon();
  }

  /** Other code comes into the place of what is there: `why` as the site names it. */
  replace(code, why) {
    if (code === this.editor.code) return;
    this.putAside(this.editor.code, why);
    this.opened = why === "opened" ? code : undefined;
    this.editor.replace(code);
    this.show();
  }

  take(one) {
    // What was opened is still where it was opened from.
    if (this.editor.code !== this.opened) this.putAside(this.editor.code, "taken");
    this.settle(one);
    this.editor.replace(one.text);
    this.isDirty = true;
    this.finish();
  }

  drop(one) {
    this.settle(one);
    this.finish();
  }

  settle(one) {
    if (one.id) this.settled.push(one.id);
    this.others = this.others.filter(({ id }) => id !== one.id || !id);
    this.aside = this.aside.filter(({ text }) => text !== one.text);
  }

  /** After a button that is gone now: what it did is kept, and the focus is in the editor. */
  finish() {
    this.write();
    this.show();
    this.send();
    (this.editor.view ?? this.editor.querySelector(".chosen .line") ?? this.editor).focus();
  }

  putAside(text, why) {
    if (text === this.editor.author) return;
    const before = this.aside.filter((one) => one.text !== text);
    this.aside = [...before, { text, why, at: new Date().toISOString() }].slice(-MOST_ASIDE);
  }

  show() {
    this.offers.show([...this.aside.toReversed(), ...this.others]);
  }

  write(code = this.editor.code) {
    const { base: digest, seen: version, isDirty, aside } = this;
    const isSaved = !isDirty && !aside.length;
    if (this.isKeptHereAlone && code === this.editor.author && !aside.length) this.local.remove();
    else this.local.write({ code, digest, version, isSaved, aside, isAuthors: code === this.editor.author });
  }

  sendSoon() {
    this.waitsSince ??= performance.now();
    clearTimeout(this.timer);
    const left = this.waitsSince + LONGEST_MS - performance.now();
    this.timer = setTimeout(() => this.send(), Math.max(0, Math.min(PAUSE_MS, left)));
  }

  get hasNews() {
    return this.isDirty || this.aside.length > 0 || this.settled.length > 0;
  }

  /** Tell the site, if there is anything to tell. `isLast`: the page may be gone in a moment. */
  async send({ isLast = false } = {}) {
    if (this.isKeptHereAlone || this.isRefused || !this.hasNews || (this.isSending && !isLast)) return;
    clearTimeout(this.timer);
    this.waitsSince = undefined;
    const { code: text } = this.editor;
    if (new TextEncoder().encode(text).length > MOST_BYTES) {
      this.offers.say(TOO_LONG);
      return;
    }
    const { aside, settled, seen, base } = this;
    const number = (this.number += 1);
    const set_aside = aside.map(({ text, why }) => ({ text, why }));
    this.isSending = true;
    try {
      const answer = await this.page.post(this.key, { text, seen, base, number, set_aside, settled }, isLast);
      const told = await answer.json().catch(() => ({}));
      if (answer.ok) this.succeed({ told, text, aside, settled });
      else if (answer.status === 429 || answer.status >= 500) this.retry(told.sentence ?? OFFLINE);
      else this.refuse(told.sentence ?? FORGOTTEN);
    } catch {
      this.retry(OFFLINE);
    } finally {
      this.isSending = false;
    }
  }

  succeed({ told, text, aside, settled }) {
    this.failures = 0;
    this.offers.say("");
    this.aside = this.aside.filter((one) => !aside.includes(one));
    this.settled = this.settled.filter((id) => !settled.includes(id));
    this.others = told.set_aside.filter(({ id }) => !this.settled.includes(id));
    this.seen = told.version;
    this.isDirty = this.editor.code !== text;
    if (!this.isDirty && told.text !== text.replaceAll("\0", "")) this.follow(told);
    this.write();
    this.show();
    this.page.tell(this.key, told);
    if (this.hasNews) this.sendSoon();
  }

  retry(sentence) {
    this.offers.say(sentence);
    this.failures += 1;
    clearTimeout(this.timer);
    const wait = Math.min(SLOWEST_RETRY_MS, RETRY_MS * 2 ** (this.failures - 1));
    this.timer = setTimeout(() => this.send(), wait);
  }

  refuse(sentence) {
    this.isRefused = true;
    this.offers.say(sentence);
  }

  /** What another tab or device left in this place. */
  hear(told) {
    if (this.isRefused || told.version < this.seen) return;
    this.others = told.set_aside.filter(({ id }) => !this.settled.includes(id));
    // Who is typing here writes last: then the site sets the other's aside.
    if (told.version > this.seen && !this.isDirty) this.follow(told);
    this.show();
  }

  follow(told) {
    this.seen = told.version;
    this.base = told.base;
    const text = told.is_author_s ? this.editor.author : told.text;
    if (text !== this.editor.code) {
      this.isFollowing = true;
      this.editor.replace(text);
      this.isFollowing = false;
    }
    this.write();
  }

  tellOfNewVersion() {
    const notice = document.createElement("p");
    notice.className = "new-version";
    notice.textContent =
      "The author changed this cell after you edited it. This is your code; Reset shows theirs.";
    this.editor.prepend(notice);
  }
}
