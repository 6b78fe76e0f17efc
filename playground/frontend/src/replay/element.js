import { inWords } from "../durations.js";
import { Transcript } from "./transcript.js";

const SPEEDS = [0.1, 0.25, 0.5, 1, 2];
const STEPS = 500;

/**
 * Plays its cell or comparison again: play, pause, speed, and a slider of time. Moves the
 * timelines, and in a cell output and values with them.
 */
export class LoopReplay extends HTMLElement {
  connectedCallback() {
    if (this.button) return;
    const cell = this.closest(".cell, .comparison");
    this.transcript = cell.matches(".cell") ? new Transcript(cell) : null;
    this.at = this.drawn = null; // µs since the run's start; null shows all of it
    this.setAttribute("role", "group");
    this.setAttribute("aria-label", "Replay");
    this.button = make("button", { type: "button" });
    this.button.addEventListener("click", () => (this.frame ? this.pause() : this.play()));
    this.speed = make("select", {}, ...SPEEDS.map((speed) => make("option", { value: speed }, `${speed}×`)));
    this.speed.value = 0.5;
    this.slider = make("input", { type: "range", min: 0, max: STEPS, step: 1, value: STEPS });
    this.slider.setAttribute("aria-label", "Time of the replay");
    this.slider.addEventListener("input", () => this.scrub());
    this.told = make("span", { className: "told" });
    this.append(this.button, make("label", {}, "Speed ", this.speed), this.slider, this.told);
    this.show();
  }

  disconnectedCallback() {
    cancelAnimationFrame(this.frame);
    for (const timeline of this.played ?? []) timeline.playhead = null;
    this.transcript?.leave();
  }

  /** Those beside it, wherever it stands. */
  get timelines() {
    return [...this.closest(".cell, .comparison").querySelectorAll("loop-timeline")];
  }

  get end() {
    return Math.max(1, ...this.timelines.map((timeline) => timeline.recording.end));
  }

  play() {
    this.at ??= 0;
    this.drawnAt = performance.now();
    this.frame = requestAnimationFrame((now) => this.step(now));
    this.show();
  }

  pause() {
    cancelAnimationFrame(this.frame);
    this.frame = undefined;
    this.show();
  }

  step(now) {
    this.at += Math.max(0, now - this.drawnAt) * 1000 * Number(this.speed.value);
    this.drawnAt = now;
    if (this.at >= this.end) {
      this.at = null;
      this.pause();
      return;
    }
    this.frame = requestAnimationFrame((next) => this.step(next));
    this.show();
  }

  scrub() {
    const share = Number(this.slider.value) / STEPS;
    this.at = share < 1 ? share * this.end : null;
    this.drawnAt = performance.now();
    this.show();
  }

  show() {
    this.button.textContent = this.frame ? "Pause" : this.at === null ? "Replay" : "Play";
    this.slider.value = this.at === null ? STEPS : (this.at / this.end) * STEPS;
    const told = this.at === null ? "all of it" : `${inWords(this.at)} of ${inWords(this.end)}`;
    this.slider.setAttribute("aria-valuetext", told);
    this.told.textContent = this.at === null ? "" : told;
    if (this.at === this.drawn) return;
    this.drawn = this.at;
    this.played = this.timelines;
    for (const timeline of this.played) timeline.playhead = this.at;
    this.transcript?.show(this.at);
  }
}

function make(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}
