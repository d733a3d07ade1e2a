// @ts-check
// Back, Play, Next, the scrubber and the keys: all set the same integer, and the picture is a
// function of it.

import { Later } from "./events.js";
import { Keys } from "./keys.js";

/**
 * @typedef {object} Playing
 * @property {number} interval milliseconds from step to step
 * @property {Record<string, string>} words `reset`, `back`, `play`, `pause`, `next`, `scrub`
 * @property {() => void} show draws the picture of `step`
 * @property {() => string} position where the reader is, in words
 * @property {(step: number) => void} report tells Python where the reader has come to rest
 * @property {(step: number) => void} [more] asks Python for steps up to this one
 * @property {() => import("./keys.js").Actions} [keys] more keys of the component
 */

export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

export class Player {
  /**
   * @param {ShadowRoot | HTMLElement} root with one element of class `transport`
   * @param {Playing} playing
   */
  constructor(root, playing) {
    this.playing = playing;
    this.first = this.step = this.last = 0;
    this.mayGrow = false;
    this.asking = false; // a step that does not exist yet is on its way
    /** @type {string | number | undefined} */
    this.jump = undefined;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.timer = undefined;
    const bar = /** @type {HTMLElement} */ (root.querySelector(".transport"));
    const button = (/** @type {string} */ name, /** @type {() => void} */ action) => {
      const found = /** @type {HTMLButtonElement | null} */ (bar.querySelector(`.${name}`));
      if (!found) return null;
      found.textContent = playing.words[name];
      found.onclick = action;
      return found;
    };
    this.buttons = {
      reset: button("reset", () => this.go(this.first)),
      back: button("back", () => this.go(this.step - 1)),
      play: button("play", () => this.toggle()),
      next: button("next", () => this.forward()),
    };
    this.scrub = /** @type {HTMLInputElement} */ (bar.querySelector(".scrub"));
    this.scrub.setAttribute("aria-label", playing.words.scrub);
    this.scrub.oninput = () => this.go(Number(this.scrub.value));
    this.position = /** @type {HTMLElement} */ (bar.querySelector(".position"));
    this.place = new Later(root, () => playing.report(this.step));
    this.keys = new Keys(root, () => ({
      ArrowRight: () => this.forward(),
      ArrowLeft: () => this.go(this.step - 1),
      Home: () => this.go(this.first),
      End: () => this.go(this.last),
      " ": () => this.toggle(),
      ...playing.keys?.(),
    }));
  }

  /**
   * New data. The reader stays where they are, unless `jump` has changed.
   * @param {object} data
   * @param {number} data.first
   * @param {number} data.last
   * @param {number} data.step where `jump` leads
   * @param {string | number} data.jump
   * @param {boolean} [data.mayGrow] whether a step past the last one can be asked for
   */
  load({ first, last, step, jump, mayGrow = false }) {
    Object.assign(this, { first, last, mayGrow });
    if (jump !== this.jump) {
      this.jump = jump;
      this.stop();
      this.place.forget();
      this.step = step;
    } else if (this.asking && last > this.step) {
      this.step += 1; // what the reader asked for has come
      this.moved();
    }
    this.asking = false;
    this.step = Math.min(Math.max(this.step, first), last);
  }

  /** Tells Python when the reader rests: playing makes one entry in the browser's history. */
  moved() {
    if (this.timer) this.place.remember();
    else this.place.soon();
  }

  /** @param {number} step */
  go(step) {
    this.stop();
    this.set(step);
  }

  /** @param {number} step */
  set(step) {
    this.step = Math.min(Math.max(step, this.first), this.last);
    this.playing.show();
    this.draw();
    this.moved();
  }

  forward() {
    if (this.step < this.last) {
      if (!this.timer) return this.go(this.step + 1);
      this.set(this.step + 1);
      if (this.step === this.last && !this.mayGrow) this.pause();
      return;
    }
    if (this.asking) return; // the next step is on its way
    if (!this.mayGrow || !this.playing.more) return this.pause();
    this.asking = true;
    this.draw();
    this.playing.more(this.step + 1);
  }

  toggle() {
    if (this.timer) this.pause();
    else this.play();
  }

  play() {
    this.timer = setInterval(() => this.forward(), this.playing.interval);
    if (this.step >= this.last && !this.mayGrow) this.set(this.first);
    else this.forward();
    this.draw();
  }

  pause() {
    const played = this.timer;
    this.stop();
    this.draw();
    if (played) this.place.now();
  }

  stop() {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  get atEnd() {
    return this.step >= this.last && !this.mayGrow;
  }

  /** The row itself: what can be pressed, and where the reader is. */
  draw() {
    const { words } = this.playing;
    Object.assign(this.scrub, { min: this.first, max: this.last });
    this.scrub.value = String(this.step);
    const { reset, back, play, next } = this.buttons;
    if (play) play.textContent = this.timer ? words.pause : words.play;
    if (back) back.disabled = this.step <= this.first;
    if (reset) reset.disabled = this.step <= this.first;
    if (next) next.disabled = this.atEnd || this.asking;
    this.position.textContent = this.playing.position();
  }

  end() {
    this.stop();
    this.place.end();
    this.keys.end();
  }
}
