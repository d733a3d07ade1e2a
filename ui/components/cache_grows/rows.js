// @ts-check
// X, Q, then what is cached, then the pattern of one head: one row a token.

import { floats, largest } from "../lib/arrays.js";
import { signedShare, stepOf } from "../lib/colour.js";
import { picture, tips } from "../lib/dom.js";
import { fill, minus } from "../lib/format.js";
import { FONT, LABEL_PX, paper, sheetOf } from "../lib/heatmap.js";

const MATRICES_PX = 330; // height, at most
const ROW_PX = [2.5, 15]; // of a token, at least and at most
const ROOM = 6; // rows are kept free for so many tokens: the page does not jump at every step
const TOP = 44;
const GAP = 24;
const NARROW = 30; // pixels: such columns say their letters in two rows, or they would collide
const WITH_SIZE = 60; // pixels that a size needs over its matrix
const PATTERN_SHARE = 4.2; // of the width, the pattern takes at most one in so many

export class Rows {
  /** @param {import("./column.js").Column} column */
  constructor(column) {
    this.column = column;
    const { frame, canvas } = picture();
    this.frame = frame;
    this.canvas = canvas;
    tips(canvas, (event) => this.told(event));
  }

  load(side) {
    this.matrices = side.rows.map((matrix) => {
      const values = floats(matrix.values);
      return { ...matrix, values, most: largest(values) };
    });
  }

  draw() {
    const { column } = this;
    const { words } = column.page.data;
    const [first, last] = column.span;
    this.lay(last);
    this.drawLabels(first, last);
    /** @type {{x: number, w: number, matrix: any}[]} */
    this.boxes = [];
    let x = this.margin;
    for (const matrix of this.matrices) {
      const box = { x, w: matrix.pattern ? this.n * this.square : matrix.width * this.unit, matrix };
      this.drawMatrix(box, first, last);
      this.drawHeading(box, last, words.pattern);
      this.boxes.push(box);
      x += box.w + GAP;
    }
    const kept = column.cached ? first : 0;
    const told = { first, last: last - 1, kept, model: column.side.model };
    this.canvas.setAttribute("aria-label", fill(words.rowsAlt, told));
  }

  /** Where everything goes; all sides draw a number equally wide. */
  lay(last) {
    const { page, side, labels } = this.column;
    const { promptLength } = page;
    const chunks = Math.max(1, Math.ceil((last - promptLength) / ROOM));
    this.n = Math.min(side.tokens.length, promptLength + ROOM * chunks);
    this.height = Math.min(ROW_PX[1], Math.max(ROW_PX[0], MATRICES_PX / this.n));
    const { context, width } = paper(this.canvas, TOP + this.n * this.height + 6);
    this.context = context;
    this.ink = context.fillStyle;
    this.margin = Math.ceil(Math.max(...labels.map((l) => context.measureText(l).width))) + 8;
    this.square = Math.min(this.height, (width - this.margin) / PATTERN_SHARE / this.n);
    const wide = page.data.sides.map(({ rows }) => rows.reduce((w, r) => w + r.width, 0));
    const gaps = GAP * this.matrices.length + 4;
    this.unit = (width - this.margin - this.n * this.square - gaps) / Math.max(...wide);
  }

  drawLabels(first, last) {
    const { context, height } = this;
    const every = Math.ceil(LABEL_PX / height);
    context.textAlign = "right";
    for (let i = 0; i < last; i++) {
      const besideTheLast = every > 1 && last - 1 - i < every;
      if (i !== last - 1 && (i % every || besideTheLast)) continue;
      context.font = i >= first ? `bold ${FONT}` : FONT;
      context.fillText(this.column.labels[i], this.margin - 6, TOP + (i + 0.5) * height);
    }
  }

  drawMatrix(box, first, last) {
    const { context, height } = this;
    const { page, cached } = this.column;
    const { matrix, x, w } = box;
    context.globalAlpha = 0.06; // rows that are not there: not made, or thrown away
    context.fillStyle = this.ink;
    context.fillRect(x, TOP, w, last * height);
    context.globalAlpha = 1;
    const kept = matrix.cached && cached;
    if (kept && first > 0) this.paint(box, 0, first, (v) => page.grey[stepOf(Math.abs(v))]);
    const bright = (v) => page.signed[stepOf(signedShare(v, 1))];
    this.paint(box, first, last, matrix.pattern ? (v) => page.weights[stepOf(v)] : bright);
    if (!kept) return;
    context.strokeStyle = this.ink;
    context.lineWidth = 2;
    context.strokeRect(x - 1, TOP + first * height - 1, w + 2, (last - first) * height + 2);
  }

  paint({ matrix, x, w }, from, to, pixel) {
    const { context, height } = this;
    const columns = matrix.width;
    const sheet = sheetOf(to - from, columns, (k) => {
      const value = matrix.values[from * columns + k];
      return Number.isNaN(value) ? 0 : pixel(value / matrix.most);
    });
    context.imageSmoothingEnabled = w < columns;
    const shown = matrix.pattern ? this.n : columns; // a pattern's columns grow like its rows
    const top = TOP + from * height;
    context.drawImage(sheet, 0, 0, shown, to - from, x, top, w, (to - from) * height);
  }

  drawHeading({ matrix, x, w }, last, pattern) {
    const { context } = this;
    context.textAlign = "left";
    context.fillStyle = matrix.colour || this.ink;
    context.fillRect(x, TOP - 9, Math.max(w, 4), 5);
    context.fillStyle = this.ink;
    context.font = `bold ${FONT}`;
    context.fillText(matrix.letter, x, w < NARROW && this.boxes.length % 2 ? 27 : 12);
    context.font = FONT;
    const size = matrix.pattern ? pattern : `${last} × ${matrix.width}`;
    if (w > WITH_SIZE) context.fillText(size, x, 27);
  }

  told(event) {
    const { cached, labels, page } = this.column;
    const { words } = page.data;
    const [first, last] = this.column.span;
    const row = Math.floor((event.offsetY - TOP) / this.height);
    const box = this.boxes.find(({ x, w }) => event.offsetX >= x && event.offsetX < x + w);
    if (!box || row < 0 || row >= last) return "";
    const { matrix, x, w } = box;
    const columns = matrix.pattern ? this.n : matrix.width;
    const column = Math.floor(((event.offsetX - x) / w) * columns);
    const { letter } = matrix;
    const token = labels[row];
    const kept = matrix.cached && cached;
    if (row < first && !kept) return fill(words.notThere, { letter, token });
    const value = minus(matrix.values[row * matrix.width + column].toFixed(4));
    if (matrix.pattern) {
      const weight = { query: token, key: labels[column], value };
      return column <= row && fill(words.weight, weight);
    }
    const how = row < first ? words.read : kept ? words.written : words.computed;
    return fill(words.number, { letter, token, column, value, how });
  }
}
