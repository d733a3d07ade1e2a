// @ts-check
// Tokens as a reader meets them: by their position, and with their probability.

import { el } from "./dom.js";
import { percent, shorten } from "./format.js";

/**
 * "3·␣cat": no two tokens of a text look alike.
 * @param {string[]} tokens
 * @param {number} i
 * @param {number} [most] characters
 */
export const tokenLabel = (tokens, i, most = Infinity) => shorten(`${i}·${tokens[i]}`, most);

/**
 * Tokens that may come next, each with its probability as a bar. The bars of an older list are
 * used again, so that their lengths glide.
 * @param {[string, number][]} list
 * @param {HTMLOListElement} [bars] the older list
 */
export function nextTokens(list, bars = el("ol", "bars")) {
  while (bars.children.length > list.length) bars.lastElementChild?.remove();
  while (bars.children.length < list.length) {
    const row = el("li");
    const track = el("div", "track");
    track.append(el("div", "fill"));
    row.append(el("code"), track, el("span", "percent"));
    bars.append(row);
  }
  list.forEach(([token, p], i) => {
    const [name, track, share] = /** @type {HTMLElement[]} */ ([...bars.children[i].children]);
    name.textContent = name.title = token;
    /** @type {HTMLElement} */ (track.firstElementChild).style.width = `${100 * p}%`;
    share.textContent = percent(p);
  });
  return bars;
}

/**
 * The text as a row of buttons, one a token.
 * @param {HTMLElement} row
 * @param {string[]} tokens
 * @param {(i: number) => void} choose
 */
export function tokenChips(row, tokens, choose) {
  row.replaceChildren(
    ...tokens.map((text, i) => {
      const chip = el("button", "chip", text);
      chip.type = "button";
      chip.tabIndex = -1; // the scrubber is the keyboard's way to a token
      chip.onclick = () => choose(i);
      return chip;
    }),
  );
}
