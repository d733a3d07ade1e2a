// @ts-check
// The query heads, what each reads, and what is cached: a number is as wide in every drawing.

import { sum } from "../lib/arrays.js";
import { svg } from "../lib/dom.js";
import { fill } from "../lib/format.js";

const [WIDTH, HEIGHT] = [320, 132];
const MOST_NUMBERS = 512; // MHA's fill the width
const UNIT = (WIDTH - 8 * 4) / MOST_NUMBERS;
const QUERY_Y = 18;
const REBUILT_Y = 40; // of a latent's values, one box a head
const CACHE_Y = 92;
const NAMES_Y = 129;
const LINE = { stroke: "currentColor", "stroke-opacity": 0.45 };

const at = (i, n) => ((i + 0.5) * WIDTH) / n;

/** groups: boxes in the cache, 0 for a latent. */
export function drawing({ heads, groups, parts, told }, words, colours) {
  const root = svg("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    role: "img",
    "aria-label": told,
  });
  const boxes = groups || 1;
  for (let i = 0; i < heads; i++) root.append(...head(i, heads, groups, colours));
  for (let g = 0; g < boxes; g++) root.append(...box(at(g, boxes), boxes, groups === 0, parts));
  if (boxes > 2) {
    const place = { x: WIDTH / 2, y: NAMES_Y, "text-anchor": "middle" };
    root.append(svg("text", place, fill(words.pairs, { n: boxes })));
  }
  return root;
}

/** A query head with its line to what it reads. */
function head(i, heads, groups, colours) {
  const x = at(i, heads);
  const circle = svg("circle", { cx: x, cy: QUERY_Y, r: 12, fill: colours.Q });
  const letter = { x, y: 23, "text-anchor": "middle", style: "fill: #fff" };
  const query = [circle, svg("text", letter, "Q")];
  if (groups) {
    const target = at(Math.floor((i * groups) / heads), groups);
    return [svg("line", { x1: x, y1: 30, x2: target, y2: CACHE_Y, ...LINE }), ...query];
  }
  const rebuilt = { x: x - 11, y: REBUILT_Y, width: 22, height: 13, rx: 2 };
  return [
    svg("line", { x1: x, y1: 52, x2: WIDTH / 2, y2: CACHE_Y, ...LINE }),
    svg("line", { x1: x, y1: 30, x2: x, y2: REBUILT_Y, ...LINE }),
    svg("rect", { ...rebuilt, fill: "none", stroke: colours.V, "stroke-width": 2 }),
    ...query,
  ];
}

/** What one group of heads reads from the cache, as wide as its numbers. */
function box(middle, boxes, latent, parts) {
  let x = middle - (sum(parts.map(({ numbers }) => numbers)) * UNIT) / 2;
  return parts.flatMap(({ name, numbers, colour }, k) => {
    const width = numbers * UNIT;
    const drawn = [svg("rect", { x, y: CACHE_Y, width, height: 20, fill: colour })];
    // the two parts of a latent are too narrow for their names: those stand on either side
    const anchor = latent ? (k === 0 ? "end" : "start") : "middle";
    const place = latent ? middle + (k === 0 ? -4 : 4) : x + width / 2;
    if (boxes <= 2) drawn.push(svg("text", { x: place, y: NAMES_Y, "text-anchor": anchor }, name));
    x += width;
    return drawn;
  });
}
