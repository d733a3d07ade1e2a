// @ts-check
// The recorded benchmark: milliseconds of one more token, points measured, lines fitted.

import { Chart } from "../lib/chart.js";
import { finder, tips } from "../lib/dom.js";

const HEIGHT = 250;
const LEGEND_ROW = 20; // pixels
const TICKS = [5, 10, 20, 50, 100, 200, 500]; // milliseconds
const ROUND = [0.8, 1.15]; // room below and above what was measured

export class Laws {
  /** @param {HTMLElement} root */
  constructor(root, words) {
    this.find = finder(root);
    this.words = words;
    tips(this.find("canvas"), (event) => this.chart.tipAt(event));
  }

  draw({ laws, fits }) {
    const canvas = this.find("canvas");
    const all = laws.flatMap(({ ms, msFull }) => [...ms, ...msFull]);
    const [low, high] = [Math.min(...all) * ROUND[0], Math.max(...all) * ROUND[1]];
    const { tokens } = laws[0];
    this.chart = new Chart(canvas, {
      height: HEIGHT,
      x: { from: tokens[0], to: tokens.at(-1), log: true },
      y: { from: low, to: high, log: true },
      margins: { left: 44, top: 58, right: 16, bottom: 26 },
    });
    this.chart.across(TICKS.filter((v) => v > low && v < high).map((v) => [v, v]));
    this.chart.below(tokens.map((t) => [t, t]));
    laws.forEach((law, row) => this.drawLaw(law, row));
    canvas.setAttribute("aria-label", `${this.words.laws.title} ${fits}`);
    this.find(".fit").textContent = fits;
  }

  drawLaw({ name, colour, tokens, law, ...measured }, row) {
    const { chart, words } = this;
    const lines = [
      { key: "ms", called: words.lines.with, dash: [] },
      { key: "msFull", called: words.lines.without, dash: [6, 4] },
    ];
    for (const { key, called, dash } of lines) {
      const fitted = (t) => law[key].reduce((v, c, power) => v + c * t ** power, 0);
      chart.curve(fitted, [tokens[0], tokens.at(-1)], { colour, dash });
      tokens.forEach((t, i) => {
        const ms = measured[key][i];
        const tip = `${name}, ${called}: ${t} ${words.tokens}, ${ms.toFixed(1)} ms`;
        chart.dot([t, ms], { colour, tip });
      });
    }
    const series = lines.map(({ called, dash }, i) => ({
      name: i ? called : `${name}, ${called}`,
      colour,
      dash,
    }));
    chart.legend(series, 10 + LEGEND_ROW * row);
  }
}
