// @ts-check
// One small chart on a canvas: lines and points over two axes, each linear or logarithmic.

import { FONT, paper } from "./heatmap.js";

const CURVE_POINTS = 60;

/**
 * @typedef {object} Axis
 * @property {number} from
 * @property {number} to
 * @property {boolean} [log]
 */

/** @typedef {[number, number]} Point */
/** @typedef {string | CanvasGradient | CanvasPattern} Paint */

/**
 * @typedef {object} Stroke
 * @property {Paint} [colour]
 * @property {number} [width] in pixels
 * @property {number[]} [dash]
 * @property {number} [opacity]
 */

/**
 * @typedef {object} Dot
 * @property {string} colour
 * @property {number} [radius]
 * @property {Shape} [shape]
 * @property {string} [inside] another colour that fills it
 * @property {number} [opacity]
 * @property {number} [right] pixels that it is moved by
 * @property {string} [tip] what it says when pointed at
 */

/** @typedef {"circle" | "square" | "triangle" | "diamond"} Shape */

/**
 * How far a value is along an axis, 0 to 1.
 * @param {Axis} axis
 * @param {number} value
 */
export function share({ from, to, log = false }, value) {
  const along = log ? Math.log : (/** @type {number} */ x) => x;
  return to === from ? 0 : (along(value) - along(from)) / (along(to) - along(from));
}

export class Chart {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {object} chart
   * @param {number} chart.height in pixels
   * @param {Axis} chart.x
   * @param {Axis} chart.y
   * @param {{left: number, top: number, right: number, bottom: number}} chart.margins in pixels
   */
  constructor(canvas, { height, x, y, margins }) {
    const { context, width } = paper(canvas, height);
    this.context = context;
    this.width = width;
    this.ink = context.fillStyle;
    this.axes = { x, y };
    this.box = {
      left: margins.left,
      top: margins.top,
      right: width - margins.right,
      bottom: height - margins.bottom,
    };
    /** @type {{x: number, y: number, tip: string}[]} */
    this.points = [];
  }

  /** @param {number} value */
  x(value) {
    return this.box.left + (this.box.right - this.box.left) * share(this.axes.x, value);
  }

  /** @param {number} value */
  y(value) {
    return this.box.bottom - (this.box.bottom - this.box.top) * share(this.axes.y, value);
  }

  /**
   * Text in the ink of the page.
   * @param {string | number} text
   * @param {number} x
   * @param {number} y
   * @param {CanvasTextAlign} [align]
   */
  text(text, x, y, align = "left") {
    this.context.fillStyle = this.ink;
    this.context.textAlign = align;
    this.context.fillText(String(text), x, y);
  }

  /**
   * What the chart shows, in the first line.
   * @param {string} text
   */
  title(text) {
    this.context.font = `600 ${FONT.replace("14px", "15px")}`;
    this.text(text, 0, 9);
    this.context.font = FONT;
  }

  /**
   * Faint lines across, each with its text on the left.
   * @param {[number, string | number][]} ticks value and text
   */
  across(ticks) {
    const { left, right } = this.box;
    for (const [value, text] of ticks) {
      this.stroke(
        [
          [left, this.y(value)],
          [right, this.y(value)],
        ],
        { width: 1, opacity: 0.25 },
      );
      this.text(text, left - 6, this.y(value), "right");
    }
  }

  /**
   * Texts below.
   * @param {[number, string | number][]} ticks value and text
   */
  below(ticks) {
    for (const [value, text] of ticks)
      this.text(text, this.x(value), this.box.bottom + 15, "center");
  }

  /**
   * The names of the axes: below, and along the left side.
   * @param {string} below
   * @param {string} beside
   */
  names(below, beside) {
    const { left, right, top, bottom } = this.box;
    this.text(below, (left + right) / 2, bottom + 36, "center");
    this.context.save();
    this.context.translate(8, (top + bottom) / 2);
    this.context.rotate(-Math.PI / 2);
    this.text(beside, 0, 0, "center");
    this.context.restore();
  }

  /**
   * Names of series in a row, each behind a block of its colour or a piece of its line.
   * @param {{name: string, colour: Paint, dash?: number[]}[]} series
   * @param {number} top
   */
  legend(series, top) {
    let left = 0;
    for (const { name, colour, dash } of series) {
      const wide = dash ? 24 : 14;
      if (dash)
        this.stroke(
          [
            [left, top],
            [left + wide, top],
          ],
          { colour, dash },
        );
      else {
        this.context.fillStyle = colour;
        this.context.fillRect(left, top - 8, wide, 14);
      }
      this.text(name, left + wide + 5, top);
      left += this.context.measureText(name).width + wide + 20;
    }
  }

  /**
   * A line through points, in the values of the axes.
   * @param {Point[]} points
   * @param {Stroke} [style]
   */
  line(points, style) {
    this.stroke(
      points.map(([x, y]) => [this.x(x), this.y(y)]),
      style,
    );
  }

  /**
   * The graph of a function between two values of the first axis.
   * @param {(x: number) => number} value
   * @param {[number, number]} between
   * @param {Stroke} [style]
   */
  curve(value, [from, to], style) {
    const { log } = this.axes.x;
    const at = (/** @type {number} */ part) =>
      log ? from * (to / from) ** part : from + (to - from) * part;
    const places = Array.from({ length: CURVE_POINTS + 1 }, (_, i) => at(i / CURVE_POINTS));
    this.line(
      places.map((x) => [x, value(x)]),
      style,
    );
  }

  /**
   * A line through pixels.
   * @param {Point[]} pixels
   * @param {Stroke} [style]
   */
  stroke(pixels, { colour = this.ink, width = 2.5, dash = [], opacity = 1 } = {}) {
    const { context } = this;
    context.save();
    context.globalAlpha = opacity;
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.setLineDash(dash);
    context.beginPath();
    for (const [x, y] of pixels) context.lineTo(x, y);
    context.stroke();
    context.restore();
  }

  /**
   * A point, in the values of the axes. With a tip it answers `tipAt`.
   * @param {Point} point
   * @param {Dot} style
   * @returns {Point} its pixels
   */
  dot([valueX, valueY], style) {
    const { colour, radius = 4, shape = "circle", inside, opacity = 1, right = 0, tip } = style;
    const { context } = this;
    const [x, y] = [this.x(valueX) + right, this.y(valueY)];
    context.save();
    context.globalAlpha = opacity;
    context.strokeStyle = colour;
    context.fillStyle = inside ?? colour;
    context.lineWidth = 2;
    context.beginPath();
    const r = radius;
    if (shape === "circle") context.arc(x, y, r, 0, 2 * Math.PI);
    else if (shape === "square") context.rect(x - r, y - r, 2 * r, 2 * r);
    else {
      const corners =
        shape === "triangle"
          ? [
              [0, -r - 2],
              [r + 1, r],
              [-r - 1, r],
            ]
          : [
              [0, -r - 3],
              [r + 3, 0],
              [0, r + 3],
              [-r - 3, 0],
            ];
      for (const [dx, dy] of corners) context.lineTo(x + dx, y + dy);
      context.closePath();
    }
    context.fill();
    if (inside) context.stroke();
    context.restore();
    if (tip) this.points.push({ x, y, tip });
    return [x, y];
  }

  /**
   * What the point there says.
   * @param {{offsetX: number, offsetY: number}} event
   */
  tipAt({ offsetX, offsetY }) {
    return this.points.find(({ x, y }) => Math.hypot(x - offsetX, y - offsetY) < 9)?.tip ?? "";
  }
}
