// @ts-check
// How a component stands on a page, and how it tells Python what the reader does.

import { keepTyping, keptBy } from "./keys.js";

/**
 * What Streamlit hands to a component, each time its data or the theme changes.
 * @typedef {object} Mounted
 * @property {ShadowRoot | HTMLElement} parentElement
 * @property {any} data
 * @property {(name: string, value: any) => void} setTriggerValue
 */

/** @typedef {(name: string, value: any) => void} Tell */

/**
 * A picture that lives as long as the component is on the page.
 * @typedef {object} Picture
 * @property {(data: any) => void} load
 * @property {() => void} [end] when the component leaves the page
 */

const REPEATED = 16; // events
const REPEATED_CHARACTERS = 16_384;
let number = 0; // of the latest event of any component on this page

/**
 * Tells Python each event once and in order. Streamlit keeps only the newest of two messages that
 * wait for a busy script, so every message repeats the latest events: Python drops what it knows
 * by the number (`ui.components.deliver`).
 */
export class Outbox {
  constructor() {
    /** @type {[number, string, any][]} */
    this.recent = [];
    /** @type {Mounted["setTriggerValue"]} */
    this.send = () => {};
  }

  /**
   * @param {string} name
   * @param {any} value
   */
  tell(name, value) {
    number += 1;
    this.recent.push([number, name, value]);
    while (
      this.recent.length > 1 &&
      (this.recent.length > REPEATED || this.characters > REPEATED_CHARACTERS)
    )
      this.recent.shift();
    this.send("events", [...this.recent]);
  }

  get characters() {
    return JSON.stringify(this.recent).length;
  }
}

/**
 * The default export of a component: one picture for each place where it is mounted.
 * @param {(root: ShadowRoot | HTMLElement, tell: Tell) => Picture} create
 */
export function asComponent(create) {
  /** @type {WeakMap<Node, {outbox: Outbox, picture: Picture, calls: number}>} */
  const mounted = new WeakMap();
  return (/** @type {Mounted} */ { parentElement, data, setTriggerValue }) => {
    let one = mounted.get(parentElement);
    if (!one) {
      const outbox = new Outbox();
      const picture = create(parentElement, (name, value) => outbox.tell(name, value));
      one = { outbox, picture, calls: 0 };
      mounted.set(parentElement, one);
      parentElement.addEventListener("keydown", keepTyping);
    }
    one.outbox.send = setTriggerValue;
    const call = (one.calls += 1);
    one.picture.load(data);
    return () => {
      // where new data overtake old ones, Streamlit ends what showed the old, and the place stays
      if (mounted.get(parentElement) !== one || call !== one.calls) return;
      one.picture.end?.();
      mounted.delete(parentElement);
    };
  };
}

/**
 * Tells Python where the reader is: when they pause, not at each step, or before they turn to
 * anything else on the page. A message that crosses another would bring back its old link.
 */
export class Later {
  /**
   * @param {Node} root of the component
   * @param {() => void} tell
   */
  constructor(root, tell) {
    this.tell = tell;
    this.untold = false;
    /** @param {Event} event */
    this.elsewhere = (event) => {
      const path = event.composedPath();
      // a key that no field or button needs is the component's own, wherever the focus is
      const ours = event instanceof KeyboardEvent && !keptBy(path[0], event.key);
      if (!ours && !path.includes(root)) this.now();
    };
    for (const kind of ["pointerdown", "keydown"])
      document.addEventListener(kind, this.elsewhere, true);
  }

  /** There is something to tell, but the reader has not come to rest. */
  remember() {
    this.untold = true;
    clearTimeout(this.timer);
  }

  soon() {
    this.remember();
    this.timer = setTimeout(() => this.now(), 350);
  }

  now() {
    if (!this.untold) return;
    this.forget();
    this.tell();
  }

  forget() {
    this.untold = false;
    clearTimeout(this.timer);
  }

  end() {
    this.forget();
    for (const kind of ["pointerdown", "keydown"])
      document.removeEventListener(kind, this.elsewhere, true);
  }
}
