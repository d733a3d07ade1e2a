// @ts-check
// What the steps of one model cost, with a cache and without: drawn, and counted.

import { sum } from "../lib/arrays.js";
import { Chart } from "../lib/chart.js";
import { el } from "../lib/dom.js";
import { fill, short, whole } from "../lib/format.js";

const CURVE_PX = 210;
const AHEAD = 0.3; // opacity of what lies beyond the reader's step

const ms = (seconds) => (1000 * seconds).toFixed(1);
const size = (n) => short(n) + (n < 1000 ? " B" : "B");

/** Multiply-adds in total, with a cache and without; faint beyond the reader's step. */
export function curve(canvas, side, index, words) {
  const { tokens, macs, macsFull } = side.steps;
  const totals = (list) => list.map((_, i) => sum(list, i + 1));
  const lines = { without: totals(macsFull), with: totals(macs) };
  const most = lines.without.at(-1);
  const chart = new Chart(canvas, {
    height: CURVE_PX,
    x: { from: tokens[0], to: tokens.at(-1) },
    y: { from: 0, to: most },
    margins: { left: 58, top: 44, right: 8, bottom: 26 },
  });
  const { left, right, bottom } = chart.box;
  chart.across([0, most / 2, most].map((value) => [value, short(value)]));
  chart.text(fill(words.tokensAt, { tokens: tokens[0] }), left, bottom + 15);
  chart.text(tokens.at(-1), right, bottom + 15, "right");
  const colours = { without: chart.ink, with: side.colour };
  chart.legend(
    Object.keys(lines).map((name) => ({ name: words.lines[name], colour: colours[name] })),
    16,
  );
  for (const [name, values] of Object.entries(lines)) {
    const colour = colours[name];
    const points = values.map((value, i) => [tokens[i], value]);
    chart.line(points.slice(0, index + 1), { colour, width: 3 });
    chart.line(points.slice(index), { colour, width: 3, opacity: AHEAD });
    chart.dot(points[index], { colour, radius: 5 });
  }
  const [withCache, without] = [short(lines.with[index]), short(lines.without[index])];
  canvas.setAttribute("aria-label", fill(words.curveAlt, { with: withCache, without }));
}

/** The parts of the table: this step above, all steps so far below. */
export function counts({ steps }, index, cached, words) {
  const run = steps.tokens.map((tokens, i) => (i ? 1 : tokens));
  const none = steps.tokens.map(() => 0);
  const row = (name, on, columns) => {
    const line = el("tr", on ? "on" : "");
    line.append(el("th", "", name));
    for (const [list, told] of columns) {
      const cell = el("td", "", told(list[index]));
      cell.append(el("small", "", told(sum(list, index + 1))));
      line.append(cell);
    }
    return line;
  };
  const [head, line, body] = [el("thead"), el("tr"), el("tbody")];
  line.append(...words.columns.map((text) => el("th", "", text)));
  head.append(line);
  const read = [[steps.read, size], [steps.written, size]];
  const nothing = [[none, size], [none, size]];
  body.append(
    row(words.lines.with, cached, [[run, whole], [steps.macs, short], [steps.seconds, ms], ...read]),
    row(words.lines.without, !cached, [
      [steps.tokens, whole], [steps.macsFull, short], [steps.secondsFull, ms], ...nothing,
    ]),
  );
  return [head, body];
}

/** The formula of the cache with its numbers, and what was measured. */
export function kept({ formula, perToken, steps }, index) {
  const tokens = steps.tokens[index];
  const [total, held] = [whole(perToken * tokens), whole(steps.held[index])];
  return fill(formula, { tokens, total, held });
}
