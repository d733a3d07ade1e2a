// @ts-check
// Every layer of the cache as a rectangle of bytes: a token is as high on both sides, a byte as wide.

import { sum } from "../lib/arrays.js";
import { stepOf } from "../lib/colour.js";
import { el, picture, tips } from "../lib/dom.js";
import { bytes, fill, minus } from "../lib/format.js";
import { paper, sheetOf } from "../lib/heatmap.js";

const LAYER_PX = 92; // height
const LABEL_PX = 24;
const ACROSS = 4; // layers

export class Blocks {
  /** @param {import("./column.js").Column} column */
  constructor(column) {
    this.column = column;
    const { frame, canvas } = picture();
    this.frame = frame;
    this.canvas = canvas;
    this.title = el("h3");
    tips(canvas, (event) => this.told(event));
  }

  draw() {
    const { column } = this;
    const { side } = column;
    const down = Math.ceil(side.layers / ACROSS);
    const { context, width } = paper(this.canvas, down * (LAYER_PX + LABEL_PX));
    this.context = context;
    this.ink = context.fillStyle;
    this.width = width;
    this.row = LAYER_PX / side.tokens.length;
    this.perByte = (width / ACROSS - 14) / column.page.widest;
    this.stride = sum(side.parts.map(({ most }) => most));
    this.pixels = 0;
    /** @type {{x: number, y: number, w: number, layer: number, offset: number, part: any}[]} */
    this.blocks = [];
    for (let layer = 0; layer < side.layers; layer++) this.drawLayer(layer);
    // what a test reads: the area drawn, and the pixels that stand for one byte of one token
    Object.assign(this.canvas.dataset, { pixels: this.pixels, perByte: this.perByte * this.row });
    this.drawTitle();
  }

  drawLayer(layer) {
    const { context } = this;
    const { side, cached, page } = this.column;
    const [first, last] = this.column.span;
    const left = 2 + (layer % ACROSS) * (this.width / ACROSS);
    const y = 2 + Math.floor(layer / ACROSS) * (LAYER_PX + LABEL_PX);
    context.textAlign = "left";
    context.fillStyle = this.ink;
    context.fillText(fill(page.data.words.layerNumber, { layer }), left, y + LAYER_PX + 11);
    let [x, offset] = [left, 0];
    for (const part of side.parts) {
      const w = part.widths[layer] * side.bytesPerValue * this.perByte;
      const block = { x, y, w, layer, offset, part };
      this.drawBlock(block, first, last);
      this.blocks.push(block);
      x += w;
      offset += part.most;
    }
    if (!cached) return;
    context.strokeStyle = this.ink;
    context.lineWidth = 2;
    const height = (last - first) * this.row;
    context.strokeRect(left - 1, y + first * this.row - 1, x - left + 2, height + 2);
  }

  drawBlock(block, first, last) {
    const { context, row } = this;
    const { x, y, w, part } = block;
    context.globalAlpha = 0.07;
    context.fillRect(x, y, w, last * row);
    context.globalAlpha = 1;
    if (!this.column.cached) return;
    this.shade(block, 0, first, this.column.page.grey);
    this.shade(block, first, last, this.column.page.table(part.colour));
    this.pixels += w * last * row;
  }

  shade(block, from, to, table) {
    if (to <= from) return;
    const { context, row } = this;
    const { x, y, w, layer, part } = block;
    const columns = part.widths[layer];
    const sheet = sheetOf(to - from, columns, (k) => {
      const value = this.value(block, from + Math.floor(k / columns), k % columns);
      return table[stepOf(Math.abs(value) / part.largest)];
    });
    context.imageSmoothingEnabled = w < columns || row < 1;
    context.drawImage(sheet, x, y + from * row, w, (to - from) * row);
  }

  value({ layer, offset }, token, number) {
    const { held, side } = this.column;
    return held[(layer * side.tokens.length + token) * this.stride + offset + number];
  }

  drawTitle() {
    const { column } = this;
    const { words } = column.page.data;
    const [held, tokens] = column.cached ? [column.at("held"), column.span[1]] : [0, 0];
    const now = fill(words.cacheNow, { bytes: bytes(held), tokens });
    this.title.replaceChildren(words.cache, el("small", "", now));
    this.canvas.setAttribute("aria-label", `${words.cache}: ${now} ${words.cacheScale}`);
  }

  told({ offsetX, offsetY }) {
    const { cached, labels, page } = this.column;
    const high = this.column.span[1] * this.row;
    const block = this.blocks.find(
      ({ x, y, w }) => offsetX >= x && offsetX < x + w && offsetY >= y && offsetY < y + high,
    );
    if (!block || !cached) return "";
    const { x, y, w, layer, part } = block;
    const token = Math.floor((offsetY - y) / this.row);
    const number = Math.floor(((offsetX - x) / w) * part.widths[layer]);
    const value = minus(this.value(block, token, number).toPrecision(3));
    const where = { layer, part: part.name, number, token: labels[token], value };
    return fill(page.data.words.cacheCell, where);
  }
}
