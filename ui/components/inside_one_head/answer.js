// @ts-check
// The answer to "where does this number come from?": the sum that made a cell, in words and cells.

import { largest } from "../lib/arrays.js";
import { el } from "../lib/dom.js";
import { fill } from "../lib/format.js";
import { cellsOf } from "../lib/heatmap.js";
import { explain, shown } from "./explain.js";

const COUNTS = ["keys", "column", "head"]; // whole numbers, shown without decimals
const SCORES = ["raw", "content", "position_scores", "scores"];
const LARGEST = 4; // products that are told one by one

/**
 * The nodes of the answer for cell (i, j) of a matrix.
 * @param {import("./inside_one_head.js").InsideOneHead} page
 */
export function answer(page, name, i, j) {
  const { words, layer } = page.data;
  const matrix = page.matrices[name];
  const found = explain(page.matrices, name, i, j);
  const named = page.cellName(name, i, j);
  const nodes = [
    el("h3", "", Number.isNaN(found.value) ? named : `${named} = ${shown(found.value)}`),
  ];
  const say = (text) => nodes.push(el("p", "formula", text));
  const names = matrix.of.map((other) => page.matrices[other].letter);
  const values = Object.fromEntries(
    Object.entries(found).map(([key, x]) => [
      key,
      typeof x === "number" && !COUNTS.includes(key) ? shown(x) : x,
    ]),
  );
  say(
    fill(words.answers[found.how], {
      ...values,
      a: names[0],
      b: names[1],
      c: names[2],
      names: names.join(" + "),
      layer,
      what: matrix.what,
      count: found.products?.length,
      terms: found.terms?.map(shown).join(" + ").replaceAll("+ −", "− "),
    }),
  );
  if (found.products && found.bias !== null) say(fill(words.answers.bias, values));
  if (found.products) {
    nodes.push(strips(page, found, names));
    say(words.largest + largestProducts(page, matrix, found));
  }
  if (SCORES.includes(name) && j <= i) {
    const [score, share] = ["scores", "pattern"].map((x) => explain(page.matrices, x, i, j).value);
    say(fill(words.onwards, { score: shown(score), share: shown(share) }));
  }
  return nodes;
}

function largestProducts(page, matrix, found) {
  const { left, right, products } = found;
  const axis = page.matrices[matrix.of[0]].axes[1];
  return [...products.keys()]
    .sort((a, b) => Math.abs(products[b]) - Math.abs(products[a]))
    .slice(0, LARGEST)
    .map((k) => {
      const product = `${shown(left[k])} × ${shown(right[k])} = ${shown(products[k])}`;
      return `${page.axisName(axis, k)}: ${product}`;
    })
    .join("; ");
}

// The two vectors and their products, as three rows of cells.
function strips(page, found, names) {
  const { left, right, products } = found;
  const box = el("div", "strips");
  const rows = [
    [names[0], left],
    [names[1], right],
    [page.data.words.products, products],
  ];
  for (const [text, values] of rows) {
    const most = largest(values);
    const canvas = cellsOf(values, values.length, page.tables.signed, most);
    canvas.title = `±${shown(most)}`;
    box.append(el("span", "", text), canvas);
  }
  return box;
}
