// @ts-check
// 61 x 128 patterns as one picture: each tile n x n pixels of one sheet, enlarged by the canvas.

import { rawBytes } from "../lib/arrays.js";
import { ramp, table, themeOf } from "../lib/colour.js";
import { el, finder, onResize } from "../lib/dom.js";
import { asComponent } from "../lib/events.js";
import { exportRow, save } from "../lib/files.js";
import { fill } from "../lib/format.js";
import { paper, sheetOf, tokenMap } from "../lib/heatmap.js";
import { asCsv, asSvg } from "./exports.js";

const FRAME = 12; // GPT-2's heads: 12 x 12
const STRIDE = 8; // tiles that an arrow key moves by with Shift
const LENS_PX = { width: 258, height: 320, beside: 6 };
const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

export class PatternWall {
  /** @param {ShadowRoot | HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.find = finder(root);
    /** @type {[number, number] | null} */
    this.chosen = null;
  }

  load(data) {
    const before = this.data;
    this.data = data;
    if (!before) this.build(data.words);
    this.packed = new Uint8Array(rawBytes(data.packed));
    this.index = new Uint8Array(rawBytes(data.index));
    this.drawn = undefined;
    this.find(".source").textContent = data.source;
    this.draw();
  }

  build(words) {
    this.wall = this.find(".wall");
    this.wall.setAttribute("aria-label", words.alt);
    const bold = (part, i) => (i % 2 ? el("b", "", part) : part);
    this.find(".headline").replaceChildren(...words.headline.split("**").map(bold));
    this.find(".keys").textContent = words.keys;
    this.wall.onpointermove = (event) => this.choose(this.at(event));
    this.wall.onpointerleave = () => this.choose(null);
    this.wall.onblur = () => this.choose(null);
    this.wall.onkeydown = (event) => this.pressed(event);
    this.find(".exports").replaceWith(this.exports(words.exports));
    this.unwatch = onResize(this.wall.parentElement, () => this.draw());
  }

  /** @param {KeyboardEvent} event */
  pressed(event) {
    const { rows, columns } = this.data;
    if (event.key !== "Escape" && !(event.key in ARROWS)) return;
    event.preventDefault();
    event.stopPropagation(); // Streamlit binds keys on the document
    if (event.key === "Escape") return this.choose(null);
    const by = event.shiftKey ? STRIDE : 1;
    const [down, right] = ARROWS[event.key];
    const [row, column] = this.chosen ?? [0, 0];
    const within = (x, count) => Math.min(Math.max(x, 0), count - 1);
    this.choose([within(row + by * down, rows), within(column + by * right, columns)]);
  }

  exports(words) {
    const file = (format, text, type) => save(`heads.${format}`, new Blob([text], { type }));
    return exportRow(words, {
      png: () => this.wall.toBlob((blob) => save("heads.png", blob)),
      svg: () => file("svg", asSvg(this.sheet()), "image/svg+xml"),
      csv: () => file("csv", asCsv(this), "text/csv"),
    });
  }

  /** Where the pattern of a tile begins: of each there is the lower triangle, row after row. */
  start(tile) {
    const { tokens: n } = this.data;
    return (tile * n * (n + 1)) / 2;
  }

  weight(tile, i, j) {
    return this.packed[this.start(tile) + (i * (i + 1)) / 2 + j];
  }

  /** Sheet of all patterns, one pixel a weight; the part above the diagonal is clear. */
  sheet() {
    const { rows, columns, tokens: n, colours } = this.data;
    const theme = themeOf(this.root);
    if (this.drawn?.theme === theme) return this.drawn.sheet;
    const pixels = table(ramp(colours[theme]));
    const sheet = sheetOf(rows * n, columns * n, (k) => {
      const [y, x] = [Math.floor(k / (columns * n)), k % (columns * n)];
      const [i, j] = [y % n, x % n];
      const tile = Math.floor(y / n) * columns + Math.floor(x / n);
      return j > i ? 0 : pixels[this.weight(tile, i, j)];
    });
    this.drawn = { theme, sheet };
    return sheet;
  }

  draw() {
    const { rows, columns, words } = this.data;
    const width = this.wall.clientWidth;
    if (!width) return;
    this.tile = width / columns;
    const { context } = paper(this.wall, this.tile * rows);
    context.drawImage(this.sheet(), 0, 0, width, this.tile * rows);
    const style = getComputedStyle(this.find("section"));
    const accent = style.getPropertyValue("--st-primary-color");
    const framed = FRAME * this.tile;
    context.lineWidth = 2;
    context.strokeStyle = accent;
    context.strokeRect(1, 1, framed, framed);
    context.font = "600 14px sans-serif";
    context.fillStyle = style.getPropertyValue("--st-background-color");
    context.fillRect(1, framed + 3, context.measureText(words.frame).width + 6, 18);
    context.fillStyle = accent;
    context.fillText(words.frame, 4, framed + 12);
    if (!this.chosen) return;
    const [row, column] = this.chosen;
    context.lineWidth = 3;
    context.strokeRect(column * this.tile - 1, row * this.tile - 1, this.tile + 2, this.tile + 2);
  }

  /** @returns {[number, number] | null} */
  at(event) {
    const { rows, columns } = this.data;
    const [column, row] = [event.offsetX, event.offsetY].map((x) => Math.floor(x / this.tile));
    return row >= 0 && column >= 0 && row < rows && column < columns ? [row, column] : null;
  }

  choose(place) {
    if (String(place) === String(this.chosen)) return;
    this.chosen = place;
    this.draw();
    this.find(".lens").style.display = place ? "block" : "none";
    if (place) this.drawLens(place);
  }

  /** The tile enlarged, and whose it is. */
  drawLens([row, column]) {
    const { words, models, texts, columns, labels, colours } = this.data;
    const tile = row * columns + column;
    const [model, text, layer, head] = this.index.slice(4 * tile, 4 * tile + 4);
    const name = fill(words.tile, { model: models[model], layer, head });
    const said = texts[text].slice(1).join("");
    this.find(".lens b").textContent = name;
    this.find(".lens span").textContent = said;
    this.find(".lens small").textContent = fill(words.of, { row: row + 1, column: column + 1 });
    this.find(".spoken").textContent = `${name}: ${said}`;
    this.placeLens(row, column);
    const colour = ramp(colours[themeOf(this.root)]);
    tokenMap(this.find(".lens canvas"), {
      labels: labels[text],
      colour: (i, j) => (j <= i ? colour(this.weight(tile, i, j) / 255) : null),
    });
  }

  /** Beside the tile, on the side where there is room. */
  placeLens(row, column) {
    const { width, height, beside } = LENS_PX;
    const wide = this.wall.clientWidth;
    const high = this.tile * this.data.rows;
    const [x, y] = [(column + 1) * this.tile, (row + 1) * this.tile];
    const fits = x + beside + width <= wide;
    const left = fits ? x + beside : Math.max(0, x - this.tile - width);
    const lens = this.find(".lens");
    lens.style.left = `${left}px`;
    lens.style.top = `${Math.min(y, Math.max(0, high - height))}px`;
  }

  end() {
    this.unwatch();
  }
}

export default asComponent((root) => new PatternWall(root));
