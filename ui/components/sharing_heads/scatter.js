// @ts-check
// Loss against what a token leaves in the cache: every run a dot, every model a mark at the mean,
// which is a button.

import { Chart } from "../lib/chart.js";
import { el, showTip } from "../lib/dom.js";
import { fill } from "../lib/format.js";

const HEIGHT = 540;
const NARROW = 520; // pixels: there names are short
const CACHE = { from: 2 ** 4.7, to: 2 ** 9.3, log: true }; // numbers a token and layer
const SIZES = [32, 64, 128, 256, 512];
const LOSS_STEP = 0.02;
const ROOM = 0.004; // of loss, below and above the runs
const MARK_PX = 8;
const BESIDE_PX = 9; // a model with as many numbers as its narrower sibling stands beside it
const LABEL_PX = 17;

const four = (loss) => loss.toFixed(4);

export class Scatter {
  /**
   * @param {HTMLElement} root
   * @param {any} words
   * @param {(model: string) => void} choose
   */
  constructor(root, words, choose) {
    this.root = root;
    this.words = words;
    this.choose = choose;
    this.canvas = /** @type {HTMLCanvasElement} */ (root.querySelector("canvas"));
    this.canvas.setAttribute("aria-label", words.scatter);
  }

  /** Paper: the colour of the page, inside hollow marks. */
  draw(points, chosen, paper) {
    const losses = points.flatMap((point) => point.losses);
    const [low, high] = [Math.min(...losses) - ROOM, Math.max(...losses) + ROOM];
    this.chart = new Chart(this.canvas, {
      height: HEIGHT,
      x: CACHE,
      y: { from: low, to: high },
      margins: { left: 58, top: 12, right: 16, bottom: 48 },
    });
    const { words, chart } = this;
    const first = Math.ceil(low / LOSS_STEP);
    const ticks = Array.from({ length: Math.floor(high / LOSS_STEP) - first + 1 }, (_, i) => first + i);
    chart.across(ticks.map((tick) => [tick * LOSS_STEP, (tick * LOSS_STEP).toFixed(2)]));
    chart.below(SIZES.map((n) => [n, n]));
    chart.names(this.narrow ? words.xShort : words.x, words.y);
    const places = points.map((point) => this.drawPoint(point, paper));
    this.placeButtons(points, places, chosen);
  }

  get narrow() {
    return this.chart.width < NARROW;
  }

  drawPoint({ label, brief, numbers, mean, losses, colour, shape, hollow, side, lower }, paper) {
    const { chart } = this;
    const right = hollow ? BESIDE_PX : 0;
    const ends = [Math.min(...losses), Math.max(...losses)];
    const x = chart.x(numbers) + right;
    chart.stroke(
      ends.map((loss) => [x, chart.y(loss)]),
      { colour, width: 2 },
    );
    for (const loss of losses) chart.dot([numbers, loss], { colour, radius: 3, opacity: 0.55, right });
    const inside = hollow ? paper : colour;
    const place = chart.dot([numbers, mean], { colour, inside, radius: MARK_PX, shape, right });
    const beside = side === "left" ? LABEL_PX : -LABEL_PX;
    chart.text(this.narrow ? brief : label, x + beside, place[1] + lower, side);
    return place;
  }

  /** The buttons stay the same elements, so that the keyboard stays where it is. */
  placeButtons(points, places, chosen) {
    const old = [...this.root.querySelectorAll("button")];
    old.slice(points.length).forEach((button) => button.remove());
    points.forEach(({ model, label, numbers, mean, losses }, i) => {
      const button = old[i] ?? el("button");
      const [x, y] = places[i];
      button.type = "button";
      Object.assign(button.style, { left: `${x}px`, top: `${y}px` });
      const point = { label, numbers, mean: four(mean), runs: losses.map(four).join(", ") };
      button.setAttribute("aria-label", fill(this.words.point, point));
      button.setAttribute("aria-pressed", String(model === chosen));
      button.onclick = () => this.choose(model);
      const tip = fill(this.words.tip, point);
      button.onpointerenter = () => showTip(this.canvas, { offsetX: x, offsetY: y }, tip);
      button.onpointerleave = () => showTip(this.canvas, null, "");
      if (!old[i]) this.root.append(button);
    });
  }
}
