// @ts-check
// Where a number comes from. Every matrix says how it follows from others (the experiment of this
// chapter), so one function answers for all cells; it computes from the operands, never from the
// value itself.

import { sum } from "../lib/arrays.js";
import { minus } from "../lib/format.js";

const DIGITS = 4;
export const shown = (x) =>
  minus((Object.is(Number(x.toFixed(DIGITS)), -0) ? 0 : x).toFixed(DIGITS));

// A row or a column of a matrix, as an array.
const rowOf = (m, i) => m.values.subarray(i * m.columns, (i + 1) * m.columns);
const columnOf = (m, j) =>
  Float64Array.from({ length: m.rows }, (_, i) => m.values[i * m.columns + j]);
const mean = (terms) => sum(terms) / terms.length;

/**
 * {how, value, ...the numbers that it is made of} for cell (i, j) of `name`.
 * @returns {Record<string, any>}
 */
export function explain(matrices, name, i, j) {
  const m = matrices[name];
  const [a, b, c] = m.of.map((other) => matrices[other]);
  const at = (other, row = i, column = j) => other.values[row * other.columns + column];
  switch (m.how) {
    case "product":
    case "meeting": {
      const left = rowOf(a, i);
      const right = m.how === "meeting" ? rowOf(b, j) : columnOf(b, j);
      // the future has no weight
      const products = Float64Array.from(left, (x, k) => (Number.isNaN(x) ? 0 : x * right[k]));
      const bias = c ? at(c, 0, j) : null;
      const added = sum(products);
      return { how: m.how, left, right, products, sum: added, bias, value: added + (bias ?? 0) };
    }
    case "sum": {
      const terms = m.of.map((other) => at(matrices[other]));
      return { how: m.how, terms, value: sum(terms) };
    }
    case "masked":
      if (j > i) return { how: "future", value: NaN };
      return { how: m.how, raw: at(a), factor: m.factor, value: at(a) * m.factor };
    case "softmax": {
      const scores = [...rowOf(a, i)].filter((x) => !Number.isNaN(x));
      if (j > i) return { how: "future", value: 0 };
      const most = Math.max(...scores);
      const odds = Math.exp(at(a) - most);
      const all = sum(scores.map((x) => Math.exp(x - most)));
      return { how: m.how, score: at(a), most, odds, all, keys: scores.length, value: odds / all };
    }
    case "layernorm": {
      const x = rowOf(a, i);
      const middle = mean(x);
      const spread = Math.sqrt(mean(x.map((v) => (v - middle) ** 2)) + m.factor);
      const [gain, bias] = [at(b, 0), at(c, 0)];
      const value = ((x[j] - middle) / spread) * gain + bias;
      return { how: m.how, x: x[j], middle, spread, gain, bias, value };
    }
    case "rmsnorm": {
      const x = rowOf(a, i);
      const spread = Math.sqrt(mean(x.map((v) => v * v)) + m.factor);
      const gain = at(b, 0);
      return { how: m.how, x: x[j], spread, gain, value: (x[j] / spread) * gain };
    }
    case "rotated": {
      const half = m.columns / 2;
      const pair = m.interleaved ? Math.floor(j / 2) : j % half;
      const second = m.interleaved ? j % 2 === 1 : j >= half;
      const [one, two] = m.interleaved ? [2 * pair, 2 * pair + 1] : [pair, pair + half];
      const [x1, x2] = [at(a, i, one), at(a, i, two)];
      const [cos, sin] = [at(b, i, pair), at(c, i, pair)];
      const value = second ? x1 * sin + x2 * cos : x1 * cos - x2 * sin;
      return { how: m.how, x1, x2, cos, sin, second, value };
    }
    case "beside": {
      const own = j - m.offset;
      const ours = own >= 0 && own < a.columns;
      const head = Math.floor(j / a.columns);
      const value = ours ? at(a, i, own) : at(m);
      return { how: ours ? m.how : "other head", column: own, head, value };
    }
    default:
      return { how: "given", value: at(m) };
  }
}
