// @ts-check
// Pictures of matrices: tokens by tokens with labels, sheets of pixels, rows of cells.

import { signedShare, stepOf } from "./colour.js";
import { el } from "./dom.js";

export const FONT = "14px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace";
export const LABEL_PX = 15; // what a line of labels needs; with more tokens each n-th has one

/**
 * A canvas of the given height in CSS pixels, sharp on any screen, ready for labels.
 * @param {HTMLCanvasElement} canvas
 * @param {number} height
 */
export function paper(canvas, height) {
  const scale = window.devicePixelRatio || 1;
  const width = canvas.clientWidth || 300;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.style.height = `${height}px`;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.scale(scale, scale);
  context.font = FONT;
  context.fillStyle = context.strokeStyle = getComputedStyle(canvas).color;
  context.textBaseline = "middle";
  return { context, width };
}

/**
 * Tokens by tokens, rows queries and columns keys, with the same labels on both sides.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {object} map
 * @param {string[]} map.labels
 * @param {(i: number, j: number) => string | null} map.colour of cell (i, j); null leaves it empty
 * @param {number} [map.most] pixels of a cell
 * @param {number} [map.row] with a frame around it, and a bold label
 * @param {number} [map.known] labels from here on are faint: not computed yet
 * @param {(i: number) => number} [map.framed] how many cells of the row the frame holds
 * @returns {(event: {offsetX: number, offsetY: number}) => [number, number] | null} the cell there
 */
export function tokenMap(canvas, { labels, colour, most = 30, row = -1, known, framed }) {
  const n = labels.length;
  const measure = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  measure.font = `bold ${FONT}`;
  const margin = Math.ceil(Math.max(...labels.map((l) => measure.measureText(l).width))) + 8;
  const cell = Math.max(1, Math.min(((canvas.clientWidth || 300) - margin - 4) / n, most));
  const { context } = paper(canvas, margin + n * cell + 3);
  const ink = context.fillStyle;
  const every = Math.ceil(LABEL_PX / cell);
  const labelled = (/** @type {number} */ i) =>
    i === row || (i % every === 0 && (row < 0 || every === 1 || Math.abs(i - row) >= every));
  labels.forEach((label, i) => {
    if (!labelled(i)) return;
    const middle = margin + (i + 0.5) * cell;
    context.font = i === row ? `bold ${FONT}` : FONT;
    context.globalAlpha = known !== undefined && i >= known ? 0.4 : 1;
    context.textAlign = "right";
    context.fillText(label, margin - 5, middle);
    context.save();
    context.translate(middle, margin - 5);
    context.rotate(-Math.PI / 2);
    context.textAlign = "left";
    context.fillText(label, 0, 0);
    context.restore();
  });
  context.globalAlpha = 1;
  const gap = cell > 8 ? 1 : -0.3; // small cells overlap, or seams would show between them
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      const paint = colour(i, j);
      if (!paint) continue;
      context.fillStyle = paint;
      context.fillRect(margin + j * cell, margin + i * cell, cell - gap, cell - gap);
    }
  if (row >= 0) {
    context.strokeStyle = ink;
    context.lineWidth = 3;
    const cells = framed ? framed(row) : n;
    context.strokeRect(margin - 1, margin + row * cell - 1, cells * cell + 1, cell + 1);
  }
  return (event) => {
    const [j, i] = [event.offsetX, event.offsetY].map((x) => Math.floor((x - margin) / cell));
    return i >= 0 && j >= 0 && i < n && j < n ? [i, j] : null;
  };
}

/**
 * Rows and columns of cells that are told apart by their labels.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {object} map
 * @param {string[]} map.rows labels on the left; where a row is lower than a line, each n-th
 * @param {number} map.columns
 * @param {(j: number) => string} [map.above] labels of the columns
 * @param {(i: number, j: number) => string} map.colour of cell (i, j)
 * @param {{left: number, top: number}} map.margins in pixels
 * @param {number} [map.most] pixels that a cell is wide
 * @param {number} [map.high] pixels that a cell is high: as high as wide without it
 * @param {[number, number]} [map.framed] the cell with a frame around it
 * @returns {(event: {offsetX: number, offsetY: number}) => [number, number] | null} the cell there
 */
export function cellMap(canvas, map) {
  const { rows, columns, above, colour, margins, most = Infinity, high, framed } = map;
  const { left, top } = margins;
  const cell = Math.min(((canvas.clientWidth || 300) - left - 2) / columns, most);
  const tall = high ?? cell;
  const { context } = paper(canvas, top + rows.length * tall + LABEL_PX / 2);
  const ink = context.fillStyle;
  const every = Math.ceil(LABEL_PX / tall);
  context.textAlign = "right";
  rows.forEach((label, i) => {
    if (i % every === 0) context.fillText(label, left - 6, top + (i + 0.5) * tall);
  });
  context.textAlign = "center";
  for (let j = 0; above && j < columns; j++)
    context.fillText(above(j), left + (j + 0.5) * cell, top - 10);
  const gaps = [cell, tall].map((size) => (size > 6 ? 1 : -0.3)); // or seams would show
  for (let i = 0; i < rows.length; i++)
    for (let j = 0; j < columns; j++) {
      context.fillStyle = colour(i, j);
      context.fillRect(left + j * cell, top + i * tall, cell - gaps[0], tall - gaps[1]);
    }
  if (framed) {
    context.strokeStyle = ink;
    context.lineWidth = 3;
    const [i, j] = framed;
    context.strokeRect(left + j * cell - 0.5, top + i * tall - 0.5, cell, tall);
  }
  return ({ offsetX, offsetY }) => {
    const [i, j] = [Math.floor((offsetY - top) / tall), Math.floor((offsetX - left) / cell)];
    return i >= 0 && j >= 0 && i < rows.length && j < columns ? [i, j] : null;
  };
}

/**
 * Paints rows x columns pixels.
 * @param {number} rows
 * @param {number} columns
 * @param {(i: number) => number} pixel of a `table`; 0 is nothing
 */
export function sheetOf(rows, columns, pixel) {
  const sheet = el("canvas");
  [sheet.width, sheet.height] = [columns, rows];
  const image = new ImageData(columns, rows);
  const pixels = new Uint32Array(image.data.buffer);
  for (let i = 0; i < pixels.length; i++) pixels[i] = pixel(i);
  /** @type {CanvasRenderingContext2D} */ (sheet.getContext("2d")).putImageData(image, 0, 0);
  return sheet;
}

/**
 * Signed numbers as one cell each, row after row, on a canvas of that many pixels; CSS enlarges it.
 * @param {ArrayLike<number>} values
 * @param {number} columns
 * @param {Uint32Array} signed a `table`
 * @param {number} most the number whose colour is full
 */
export function cellsOf(values, columns, signed, most) {
  const canvas = sheetOf(values.length / columns, columns, (k) =>
    Number.isNaN(values[k]) ? 0 : signed[stepOf(signedShare(values[k], most))],
  );
  canvas.className = "cellsof";
  return canvas;
}
