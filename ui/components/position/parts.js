// @ts-check
// Content + position = score; and the one rope key that all heads read.

import { floats, largest } from "../lib/arrays.js";
import { el } from "../lib/dom.js";
import { cellsOf } from "../lib/heatmap.js";

const ROPE_KEY_PX = 330; // height, at most
const TOKEN_PX = 26;

/** @param {import("./position.js").Position} page */
export function parts(page) {
  const { data } = page;
  const n = data.tokens.length;
  const all = data.parts.map((part) => ({ ...part, values: floats(part.values) }));
  const seen = (values) => values.filter((_, k) => k % n <= Math.floor(k / n));
  const most = Math.max(...all.map(({ values }) => largest(seen(values))));
  const maps = [];
  const nodes = all.flatMap(({ title, colour, values }, k) => {
    const map = page.map(values, most, title);
    maps.push(map);
    const part = el("div", "part");
    part.style.setProperty("--part", colour);
    part.append(el("h3", "", title), map.frame);
    return k ? [el("span", "sign", k === all.length - 1 ? "=" : "+"), part] : [part];
  });
  return { nodes: [...nodes, shared(page)], maps };
}

function shared({ data, signedTable }) {
  const side = el("div", "part shared");
  side.style.setProperty("--part", data.colours.rope);
  if (data.ropeKey) {
    const key = floats(data.ropeKey);
    const canvas = cellsOf(key, data.ropeDim, signedTable, largest(key));
    const tall = Math.min(ROPE_KEY_PX, TOKEN_PX * data.tokens.length);
    canvas.style.setProperty("--tall", `${tall}px`);
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", data.words.ropeKey);
    side.append(el("h3", "", data.words.ropeKey), canvas);
  }
  side.append(...data.sharedSays.map((line) => el("p", "", line)));
  return side;
}
