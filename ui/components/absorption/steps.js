// @ts-check
// Why absorbing is allowed: three steps of algebra, checked on the numbers of this text.

import { largest } from "../lib/arrays.js";
import { el } from "../lib/dom.js";
import { fill, minus, tiny } from "../lib/format.js";
import { cellsOf } from "../lib/heatmap.js";
import { tokenLabel } from "../lib/tokens.js";

const product = (left, right) => left.reduce((all, x, k) => all + x * right[k], 0);
const apart = (left, right) => left.reduce((a, x, k) => Math.max(a, Math.abs(x - right[k])), 0);

/**
 * One card a step.
 * @param {any} data
 * @param {Record<string, Float32Array>} arrays
 * @param {number} key the token that the first step is checked for
 * @param {Uint32Array} signed a `table`
 */
export function steps({ words, sizes, tokens, mergedSizes }, arrays, key, signed) {
  const token = tokenLabel(tokens, key);
  return checks(arrays, key).map(({ scores, difference, strips }, i) => {
    const text = words.steps[i];
    const card = el("article", "step");
    card.append(
      el("h3", "", text.title),
      el("p", "equation", text.equation),
      el("p", "", fill(text.about, { ...sizes, token })),
      ...strips.flatMap(([name, values]) => strip(name, values, signed)),
      ...scores.map((x, k) =>
        el("p", "result", `${text.sides[k]} = ${minus(x.toFixed(6))}`),
      ),
      el("p", "difference", fill(words.difference, { difference: tiny(difference) })),
      ...(text.sizes ? mergedSizes.map((line) => el("p", "", line)) : []),
    );
    return card;
  });
}

/** Both sides of each step. */
function checks(a, key) {
  const row = (values, width) => values.subarray(key * width, (key + 1) * width);
  const [k, c] = [row(a.k_nope, a.q_nope.length), row(a.c_kv, a.q_latent.length)];
  const scores = [product(a.q_nope, k), product(a.q_latent, c)];
  return [
    {
      scores,
      difference: Math.abs(scores[0] - scores[1]),
      strips: [["q", a.q_nope], ["W_UK c", k], ["W_UKᵀ q", a.q_latent], ["c", c]],
    },
    {
      scores: [],
      difference: apart(a.z_naive, a.z_absorbed),
      strips: [["Σ A c", a.z_latent], ["Σ A (W_UV c)", a.z_naive], ["W_UV (Σ A c)", a.z_absorbed]],
    },
    {
      scores: [],
      difference: apart(a.out_absorbed, a.out_merged),
      strips: [["W_O (W_UV z)", a.out_absorbed], ["(W_O W_UV) z", a.out_merged]],
    },
  ];
}

/** A vector as one row of cells, with its name. */
function strip(name, values, signed) {
  const most = largest(values);
  const canvas = cellsOf(values, values.length, signed, most);
  canvas.title = `±${most.toPrecision(3)}`;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", `${name}: ${values.length}`);
  return [el("p", "", `${name} (${values.length})`), canvas];
}
