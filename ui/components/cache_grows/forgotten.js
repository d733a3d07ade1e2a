// @ts-check
// What comes next when the oldest tokens are dropped from the cache.

import { el, finder } from "../lib/dom.js";
import { fill, shorten } from "../lib/format.js";
import { nextTokens, tokenLabel } from "../lib/tokens.js";

const NAMED = 60; // characters of what is gone

export class Forgotten {
  /**
   * @param {HTMLElement} root
   * @param {(count: number) => void} report how many tokens the reader has dropped
   */
  constructor(root, words, report) {
    this.find = finder(root);
    this.words = words;
    this.cut = this.find("input");
    this.cut.setAttribute("aria-label", words.forget.title);
    this.cut.oninput = () => this.draw(this.sides);
    this.cut.onchange = () => report(this.sides[0].forgotten[Number(this.cut.value)].count);
  }

  /** @param {number} count of the oldest tokens; as many as were tried, and no more */
  load(count, sides) {
    const { forgotten } = sides[0];
    this.cut.max = forgotten.length - 1;
    this.cut.value = forgotten.findLastIndex((tried) => tried.count <= count);
  }

  draw(sides) {
    this.sides = sides;
    const { words } = this;
    const { forgotten, tokens } = sides[0];
    const chosen = Number(this.cut.value);
    const { count } = forgotten[chosen];
    const names = tokens.slice(0, count).map((_, i) => tokenLabel(tokens, i));
    this.find("label span").textContent = fill(words.forgotten, { count });
    this.find("p").textContent = count
      ? fill(words.forgetSays, { gone: shorten(names.join(" "), NAMED) })
      : words.forget.about;
    this.find(".gone").replaceChildren(
      ...sides.map((side) => {
        const part = el("div");
        const last = side.forgotten.length - 1;
        const { next } = side.forgotten[Math.min(chosen, last)];
        part.append(el("h3", "", side.model), nextTokens(next));
        return part;
      }),
    );
  }
}
