import { forgetOthers } from "./local.js";

const REFRESH_MS = 3000;

/** What the editors of a page share: whose page it is, its line to the site and to other tabs. */
class EditsPage {
  constructor() {
    const article = document.querySelector("[data-owner]");
    this.owner = article?.dataset.owner ?? "";
    this.headers = JSON.parse(article?.getAttribute("hx-headers") ?? "{}");
    this.writer = Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
    this.places = new Map();
    if (!this.owner) return; // a page that only shows, or that keeps nothing on the site
    forgetOthers(this.owner);
    this.refreshedAt = performance.now();
    this.listen();
  }

  /** An editor that wants to hear what others write into its place. */
  add(key, edits) {
    this.places.set(key, edits);
  }

  listen() {
    this.channel = new BroadcastChannel("edits");
    this.channel.onmessage = ({ data: { owner, key, told } }) => {
      if (owner === this.owner) this.places.get(key)?.hear(told);
    };
    const flush = () => this.places.forEach((edits) => edits.send({ isLast: true }));
    addEventListener("pagehide", flush);
    document.addEventListener("visibilitychange", () => (document.hidden ? flush() : this.refresh()));
    addEventListener("focus", () => this.refresh());
    addEventListener("online", () => this.places.forEach((edits) => edits.send()));
  }

  /** Save one place. Throws when the site cannot be reached. */
  post(key, message, keepalive) {
    const [pack, card, place] = key.split("/");
    return fetch(`/${pack}/${card}/edits/${place}/`, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...this.headers },
      body: JSON.stringify({ owner: this.owner, writer: this.writer, ...message }),
      keepalive,
    });
  }

  /** Other tabs of this browser hear it at once. */
  tell(key, told) {
    this.channel.postMessage({ owner: this.owner, key, told });
  }

  /** Ask what other devices wrote. */
  async refresh() {
    const now = performance.now();
    if (now - this.refreshedAt < REFRESH_MS) return;
    this.refreshedAt = now;
    const cards = new Set([...this.places.keys()].map((key) => key.split("/").slice(0, 2).join("/")));
    for (const card of cards) {
      try {
        const { owner, edits } = await (await fetch(`/${card}/edits/`)).json();
        if (owner !== this.owner) return;
        for (const [place, told] of Object.entries(edits)) this.places.get(`${card}/${place}`)?.hear(told);
      } catch {
        return; // there is another time
      }
    }
  }
}

let page;

/** The one of this page. */
export function getPage() {
  page ??= new EditsPage();
  return page;
}
