// @ts-check
// One matrix as an element that lives as long as the data; each step places it anew.

import { signedShare, stepOf } from "../lib/colour.js";
import { el } from "../lib/dom.js";
import { fill } from "../lib/format.js";
import { LABEL_PX, sheetOf } from "../lib/heatmap.js";
import { shown } from "./explain.js";

const SHELF = 0.42; // size of what is kept for later
const BORDER_PX = 2;
const CHARACTER_PX = 8.5;

/** Whether an axis counts tokens, s as queries or t as keys. */
export const ofTokens = (axis) => axis === "s" || axis === "t";

export class Matrix {
  /** @param {import("./inside_one_head.js").InsideOneHead} page */
  constructor(page, name, matrix) {
    this.page = page;
    this.name = name;
    this.matrix = matrix;
    const { words } = page.data;
    const size = fill(words.size, matrix);
    this.root = el("figure", "matrix");
    this.root.style.setProperty("--colour", matrix.colour);
    const caption = el("figcaption");
    this.letter = el("b", "", matrix.letter);
    this.size = el("small", "", size);
    caption.append(this.letter, this.size);
    this.columns = el("div", "columns");
    this.rows = el("div", "rows");
    this.cells = el("div", matrix.cached ? "cells cached" : "cells");
    this.canvas = el("canvas");
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", `${matrix.letter}, ${matrix.what}, ${size}`);
    this.cells.append(this.canvas);
    const what = el("span", "what", matrix.what + (matrix.cached ? ` · ${words.cached}` : ""));
    this.tip = el("div", "tip");
    this.root.append(
      el("span"),
      caption,
      el("span"),
      this.columns,
      this.rows,
      this.cells,
      el("span"),
      what,
      this.tip,
    );
    this.cells.onclick = (event) => page.ask(name, ...this.at(event));
    this.cells.onpointermove = (event) => this.hover(event);
    this.cells.onpointerleave = () => (this.tip.style.display = "none");
  }

  // How many rows or columns are left out: the first token where it is hidden.
  skipped(axis) {
    return this.page.data.hideFirst && ofTokens(axis) ? 1 : 0;
  }

  /**
   * @param {string | undefined} mode "T" transposed, "row" with all rows but the query's dimmed
   * @param {boolean} shelved small, among what is kept for later
   * @param {boolean} labelled whether its rows carry the tokens' names
   */
  place(mode, shelved, labelled) {
    const { matrix, page } = this;
    const turn = (pair) => (mode === "T" ? [...pair].reverse() : pair);
    this.flipped = mode === "T";
    this.onShelf = shelved;
    const axes = turn(matrix.axes);
    const all = turn([matrix.rows, matrix.columns]);
    this.offset = axes.map((axis) => this.skipped(axis));
    this.count = all.map((n, k) => n - this.offset[k]);
    const zoom = shelved ? SHELF : 1;
    this.pixels = axes.map((axis, k) => page.length(axis, this.count[k]) * zoom);
    const [height, width] = this.pixels;
    this.cells.style.height = `${height}px`;
    this.cells.style.width = `${width}px`;
    this.letter.textContent = matrix.letter + (this.flipped ? "ᵀ" : "");
    this.size.textContent = fill(page.data.words.size, { rows: all[0], columns: all[1] });
    this.rowLabels(labelled ? this.labels(axes, 0) : [], height);
    this.columnLabels(shelved ? [] : this.labels(axes, 1), width);
    this.veil(mode === "row");
    this.own(width / this.count[1]);
    this.paint();
  }

  labels(axes, k) {
    if (!ofTokens(axes[k])) return [];
    return Array.from({ length: this.count[k] }, (_, i) => this.page.label(i + this.offset[k]));
  }

  rowLabels(labels, height) {
    this.rows.style.height = `${height + 2 * BORDER_PX}px`;
    this.rows.style.gridTemplateRows = `repeat(${Math.max(1, labels.length)}, 1fr)`;
    const every = Math.ceil((LABEL_PX * labels.length) / height);
    this.rows.replaceChildren(...labels.map((text, i) => el("span", "", i % every ? "" : text)));
  }

  columnLabels(labels, width) {
    const every = Math.ceil((LABEL_PX * labels.length) / width);
    const kept = labels.map((text, i) => [text, i]).filter(([, i]) => i % every === 0);
    const longest = Math.max(0, ...kept.map(([text]) => text.length));
    this.columns.style.height = labels.length ? `${longest * CHARACTER_PX + 6}px` : "0";
    this.columns.replaceChildren(
      ...kept.map(([text, i]) => {
        const label = el("span", "", text);
        label.style.left = `${((i + 0.5) * width) / labels.length + BORDER_PX}px`;
        return label;
      }),
    );
  }

  // This head's columns among those of all heads.
  own(step) {
    this.cells.querySelector(".own")?.remove();
    if (this.matrix.how !== "beside") return;
    const node = el("div", "own");
    node.style.left = `${this.matrix.offset * step}px`;
    node.style.width = `${this.page.matrices[this.matrix.of[0]].columns * step}px`;
    this.cells.append(node);
  }

  // All rows but the query's are dimmed.
  veil(on) {
    this.cells.querySelectorAll(".veil").forEach((node) => node.remove());
    if (!on) return;
    const step = this.pixels[0] / this.count[0];
    const top = (this.page.query - this.offset[0]) * step;
    for (const [from, height] of [
      [0, top],
      [top + step, this.pixels[0] - top - step],
    ]) {
      const veil = el("div", "veil");
      veil.style.top = `${from}px`;
      veil.style.height = `${Math.max(0, height)}px`;
      this.cells.append(veil);
    }
  }

  paint() {
    const { matrix, page, flipped, offset, count } = this;
    const key = [flipped, offset, page.theme, ...this.pixels].join();
    if (this.painted === key) return;
    this.painted = key;
    const [rows, columns] = count;
    // at least one pixel a number; the browser makes it smaller where there are more than pixels
    const scale = window.devicePixelRatio || 1;
    this.canvas.width = Math.max(columns, Math.round(this.pixels[1] * scale));
    this.canvas.height = Math.max(rows, Math.round(this.pixels[0] * scale));
    const colours = page.tables[matrix.scale];
    const sheet = sheetOf(rows, columns, (to) => {
      const [r, c] = [Math.floor(to / columns) + offset[0], (to % columns) + offset[1]];
      const [i, j] = flipped ? [c, r] : [r, c];
      const value = matrix.values[i * matrix.columns + j];
      if (Number.isNaN(value) || (matrix.how === "softmax" && j > i)) return 0;
      return colours[stepOf(matrix.scale === "weights" ? value : signedShare(value, matrix.most))];
    });
    const context = this.canvas.getContext("2d");
    context.imageSmoothingEnabled = false;
    context.drawImage(sheet, 0, 0, this.canvas.width, this.canvas.height);
  }

  /**
   * The cell (i, j) of the matrix as it is, under the pointer.
   * @returns {[number, number]}
   */
  at(event) {
    const box = this.cells.getBoundingClientRect();
    const places = [event.clientY - box.top, event.clientX - box.left];
    const [r, c] = places.map((x, k) => {
      const cell = Math.floor(((x - BORDER_PX) / this.pixels[k]) * this.count[k]);
      return Math.min(this.count[k] - 1, Math.max(0, cell)) + this.offset[k];
    });
    return this.flipped ? [c, r] : [r, c];
  }

  hover(event) {
    if (this.onShelf) return;
    const [i, j] = this.at(event);
    const value = this.matrix.values[i * this.matrix.columns + j];
    const told = Number.isNaN(value) ? "–" : shown(value);
    this.tip.textContent = `${this.page.cellName(this.name, i, j)} = ${told}`;
    this.tip.style.display = "block";
  }

  // A frame around row i and column j of the matrix as it is; null means all of them.
  mark(i, j, kind) {
    const step = this.pixels.map((x, k) => x / this.count[k]);
    const [rows, columns] = (this.flipped ? [j, i] : [i, j]).map((at, k) =>
      at === null ? [0, this.pixels[k]] : [(at - this.offset[k]) * step[k], step[k]],
    );
    if (rows[0] < 0 || columns[0] < 0) return; // the hidden token
    const node = el("div", `mark ${kind}`);
    node.style.top = `${rows[0]}px`;
    node.style.height = `${rows[1]}px`;
    node.style.left = `${columns[0]}px`;
    node.style.width = `${columns[1]}px`;
    this.cells.append(node);
  }

  unmark() {
    this.cells.querySelectorAll(".mark").forEach((node) => node.remove());
  }
}
