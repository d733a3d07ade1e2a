// @ts-check
// The memory of a GPU as rectangles: equal areas are equal bytes.

import { el, svg } from "../lib/dom.js";
import { asComponent } from "../lib/events.js";
import { exportRow, pixelsOf, save } from "../lib/files.js";

const EDGE = 3; // around a frame, in its units
const TITLE = 34; // above it, in a file
const SANS = { "font-family": "sans-serif" };

class GpuMemory {
  /** @param {ShadowRoot | HTMLElement} root */
  constructor(root) {
    this.section = /** @type {HTMLElement} */ (root.querySelector("section"));
  }

  load({ frames, words }) {
    const ink = getComputedStyle(this.section).color;
    const figures = frames.map((frame, i) => figure(frame, `memory-${i + 1}`, ink, words));
    this.section.replaceChildren(...figures);
  }
}

/** One model with its exports; name: of the files. */
function figure(frame, name, ink, words) {
  const figure = el("figure");
  const caption = el("figcaption", "", frame.model);
  caption.append(el("b", "", frame.counted));
  const picture = drawn(frame, ink);
  const told = el("p", "told");
  const one = el("span");
  const mark = el("i");
  mark.style.background = frame.colour;
  one.append(mark, frame.told);
  const file = () => asFile(frame, picture, ink);
  const saved = (format, text, type) => save(`${name}.${format}`, new Blob([text], { type }));
  told.append(
    one,
    exportRow(words, {
      png: async () => save(`${name}.png`, await pixelsOf(file(), 2)),
      svg: () => saved("svg", file(), "image/svg+xml"),
      csv: () => saved("csv", frame.csv, "text/csv"),
    }),
  );
  figure.append(caption, picture, told);
  return figure;
}

function drawn(frame, ink) {
  const { size, left, colour, grey, alt } = frame;
  const [width, height] = size;
  const root = svg("svg", {
    xmlns: "http://www.w3.org/2000/svg",
    viewBox: [-EDGE, -EDGE, width + 2 * EDGE, height + 2 * EDGE].join(" "),
    role: "img",
    "aria-label": alt,
  });
  root.append(
    svg("rect", { x: 0, y: 0, width: left, height, fill: grey, "fill-opacity": 0.45 }),
    svg("path", { d: blocks(frame), fill: colour }),
  );
  if (left > 0.15 * width) {
    const middle = { x: left / 2, y: height / 2, "text-anchor": "middle" };
    root.append(svg("text", { ...middle, fill: ink, "font-size": 26, ...SANS }, frame.weights));
  }
  const border = { fill: "none", stroke: grey, "stroke-width": 4 };
  root.append(svg("rect", { x: 0, y: 0, width, height, ...border }));
  return root;
}

/** One path for all sequences: thousands of rectangles would be thousands of elements. */
function blocks({ left, rows, count, block, solid }) {
  const [w, h] = block;
  const gap = solid ? 0 : Math.min(2, 0.16 * Math.min(w, h));
  const one = (i) => {
    const [x, y] = [left + Math.floor(i / rows) * w, (i % rows) * h];
    return `M${x + gap / 2} ${y + gap / 2}h${w - gap}v${h - gap}h${gap - w}z`;
  };
  return Array.from({ length: Math.max(0, count) }, (_, i) => one(i)).join("");
}

/** The drawing with what it shows above it. */
function asFile({ size, model, counted }, picture, ink) {
  const copy = picture.cloneNode(true);
  const [width, height] = [size[0] + 2 * EDGE, size[1] + EDGE + TITLE];
  copy.setAttribute("viewBox", [-EDGE, -TITLE, width, height].join(" "));
  copy.setAttribute("width", width);
  copy.setAttribute("height", height);
  const title = { x: 0, y: -10, fill: ink, "font-size": 20, ...SANS };
  copy.append(svg("text", title, `${model}: ${counted}`));
  return new XMLSerializer().serializeToString(copy);
}

export default asComponent((root) => new GpuMemory(root));
