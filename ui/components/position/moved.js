// @ts-check
// One model with the whole text at other positions, or at none: scores, and what comes next.

import { floats, largest } from "../lib/arrays.js";
import { el } from "../lib/dom.js";
import { fill, percent, tiny } from "../lib/format.js";
import { nextTokens } from "../lib/tokens.js";

const SHOWN_NEXT = 5;

export class Moved {
  /**
   * @param {any} side
   * @param {number} n tokens
   */
  constructor(side, n) {
    this.side = side;
    this.n = n;
    this.scores = floats(side.scores);
    this.scoresOff = floats(side.off);
    this.next = floats(side.next);
    this.nextOff = floats(side.nextOff);
  }

  /**
   * @param {number | null} place which of the shifts; null without positions
   * @returns {{scores: Float32Array, next: Float32Array}} scores n x n
   */
  run(place) {
    if (place === null) return { scores: this.scoresOff, next: this.nextOff };
    const of = (values, size) => values.subarray(place * size, (place + 1) * size);
    const scores = of(this.scores, this.n ** 2);
    return { scores, next: of(this.next, this.side.nextTokens.length) };
  }

  /**
   * @param {import("./position.js").Position} page
   * @param {number | null} place
   * @param {number} shift
   */
  drawn(page, place, shift) {
    const { side, n } = this;
    const { words, hideFirst } = page.data;
    const { scores, next } = this.run(place);
    const start = this.run(0).scores;
    const lower = (k) => k % n <= Math.floor(k / n);
    const compared = (k) => lower(k) && !(hideFirst && k % n === 0);
    const apart = Math.max(0, ...scores.map((x, k) => (compared(k) ? Math.abs(x - start[k]) : 0)));
    const most = largest(start.filter((_, k) => lower(k)));
    const order = [...next.keys()].sort((a, b) => next[b] - next[a]).slice(0, SHOWN_NEXT);
    const list = order.map((k) => /** @type {[string, number]} */ ([side.nextTokens[k], next[k]]));
    const told = place === null ? side.says.off : shift ? side.says.moved : side.says.still;
    const says = fill(told, {
      apart: apart < 0.01 ? tiny(apart) : apart.toFixed(1),
      most: most.toFixed(1),
      next: list[0][0],
      percent: percent(list[0][1]),
    });
    const { frame, paint } = page.map(scores, most, `${side.title}: ${words.scores}`);
    const root = el("article", "side");
    root.style.setProperty("--side", side.colour);
    const title = el("h3", "", side.title);
    title.append(el("small", "", fill(words.headOf, side)));
    root.append(title, el("p", "", says), frame, nextTokens(list));
    return { root, paint };
  }
}
