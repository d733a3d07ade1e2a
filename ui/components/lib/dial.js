// @ts-check
// A slider whose value stands in the link: drawn at once under the hand, told when it rests.

import { Later } from "./events.js";

/**
 * @typedef {object} Dialled
 * @property {(place: number) => number} valueAt what a place of the slider stands for
 * @property {(value: number) => number} placeOf
 * @property {() => void} show draws the picture of `value`
 * @property {(value: number) => void} report tells Python where the slider has come to rest
 */

export class Dial {
  /**
   * @param {ShadowRoot | HTMLElement} root of the component
   * @param {HTMLInputElement} input of type range
   * @param {Dialled} dialled
   */
  constructor(root, input, dialled) {
    this.input = input;
    this.dialled = dialled;
    this.value = NaN;
    this.linked = NaN; // the value that Python handed over last
    this.place = new Later(root, () => dialled.report(this.value));
    input.oninput = () => {
      this.value = dialled.valueAt(Number(input.value));
      dialled.show();
      this.place.soon();
    };
  }

  /**
   * New data. A link moves the slider; data that is older than the hand does not.
   * @param {number} value
   */
  load(value) {
    const moved = value !== this.linked;
    this.linked = value;
    if (moved && !this.place.untold) this.value = value;
    this.input.value = String(this.dialled.placeOf(this.value));
  }

  end() {
    this.place.end();
  }
}
