// @ts-check
// RoPE on the whole key: the absorbed query at growing distances, and the scores that one of them
// would give.

import { floats, largest } from "../lib/arrays.js";
import { el } from "../lib/dom.js";
import { fill, minus, percent } from "../lib/format.js";
import { cellsOf } from "../lib/heatmap.js";

const LABEL_CHARACTERS = 24;

const norm = (x) => Math.hypot(...x);

/** @param {import("./position.js").Position} page */
export function demonstration(page) {
  const frame = el("div", "tall");
  frame.tabIndex = 0; // it scrolls
  frame.append(scores(page));
  return [strips(page), frame];
}

function strips({ data, signedTable }) {
  const { words, entangled } = data;
  const { distances } = entangled;
  const queries = floats(entangled.queries);
  const width = queries.length / distances.length;
  const first = queries.subarray(0, width);
  const grid = el("div", "strips");
  const title = fill(words.absorbedQuery, { width });
  grid.append(...[words.distance, title, words.away].map((text) => el("b", "", text)));
  distances.forEach((distance, k) => {
    const query = queries.subarray(k * width, (k + 1) * width);
    const change = norm(query.map((x, c) => x - first[c])) / norm(first);
    const canvas = cellsOf(query, width, signedTable, largest(queries));
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `${words.distance} ${distance}`);
    grid.append(el("span", "", distance), canvas, el("span", "", percent(change)));
  });
  return grid;
}

function scores(page) {
  const { words, entangled, tokens } = page.data;
  const columns = ["scores", "each", "one"].map((name) => floats(entangled[name]));
  const row = (cells, tag) => {
    const line = el("tr");
    line.append(...cells.map((text) => el(tag, "", text)));
    return line;
  };
  const grid = el("table");
  grid.append(row(words.columns, "th"));
  tokens.forEach((_, j) => {
    const values = columns.map((x) => minus(x[j].toFixed(3)));
    grid.append(row([page.label(j, LABEL_CHARACTERS), ...values], "td"));
  });
  return grid;
}
