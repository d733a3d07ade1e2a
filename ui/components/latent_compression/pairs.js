// @ts-check
// What comes next, before and after: two bars a token.

import { el } from "../lib/dom.js";
import { percent } from "../lib/format.js";

/**
 * @param {[string, number, number][]} next token and both probabilities
 * @param {[string, string]} colours of both
 */
export function pairs(next, colours) {
  return next.map(([token, ...probabilities]) => {
    const row = el("li");
    const code = el("code", "", token);
    code.title = token;
    row.append(code);
    probabilities.forEach((p, i) => {
      const [track, bar] = [el("div", "track"), el("div", "fill")];
      bar.style.width = `${100 * p}%`;
      bar.style.background = colours[i];
      track.append(bar);
      row.append(track, el("span", "percent", percent(p)));
    });
    return row;
  });
}
