// @ts-check
// How the costs of both paths grow with the tokens in the cache: the reader sets how many.

import { Chart } from "../lib/chart.js";
import { Dial } from "../lib/dial.js";
import { choices, finder } from "../lib/dom.js";
import { fill, short, whole } from "../lib/format.js";

const CHART_PX = 230;
const DASH = [7, 5]; // beyond what was run
const TICKS = [1, 16, 256, 4096, 65536]; // tokens
const LINE_PX = 3;
const UNDER_PX = 7; // two lines may be one: K and V as wide as before

export class Growth {
  /**
   * @param {ShadowRoot | HTMLElement} root of the component
   * @param {any} words
   * @param {import("../lib/events.js").Tell} tell
   */
  constructor(root, words, tell) {
    this.find = finder(root);
    this.words = words;
    this.find(".growth h3").textContent = words.growth;
    this.shape = this.find(".shape");
    this.shape.setAttribute("aria-label", words.shape);
    this.shape.onchange = () => {
      this.draw();
      tell("option", ["shape", this.shape.value]);
    };
    const context = this.find(".context");
    context.setAttribute("aria-label", words.context);
    this.context = new Dial(root, context, {
      valueAt: (place) => Math.max(1, Math.round(2 ** place)),
      placeOf: Math.log2,
      show: () => this.draw(),
      report: (tokens) => tell("option", ["context", tokens]),
    });
  }

  load(data) {
    this.data = data;
    choices(
      this.shape,
      data.shapes.map(({ key, name }) => [key, name]),
      data.shape,
    );
    this.context.input.max = String(Math.log2(data.ranges.context.high));
    this.context.load(data.context ?? data.tokens.length);
  }

  draw() {
    const { words } = this;
    const { shapes, tokens } = this.data;
    const shape = shapes.find(({ key }) => key === this.shape.value);
    const t = this.context.value;
    const ran = shape.ran && t === tokens.length;
    const told = `${whole(t)} ${words.tokens}`;
    this.find(".growth output").textContent = told;
    this.context.input.setAttribute("aria-valuetext", told);
    const at = ([fixed, each]) => fixed + each * t;
    const size = (name) => short(at(shape.values[name]) * shape.bytes);
    const [naive, absorbed] = [at(shape.macs.naive), at(shape.macs.absorbed)];
    const ratio = naive / absorbed;
    this.find(".formula").textContent = fill(words.growthSays, {
      status: ran ? words.ran : words.beyond,
      naive: short(naive),
      absorbed: short(absorbed),
      ratio: ratio < 10 ? ratio.toFixed(1) : whole(ratio),
      read: size("cache"),
      rebuilt: size("rebuilt"),
      heads: size("heads"),
      type: shape.type,
    });
    this.drawChart(this.find(".macs"), words.macs, shape.macs, 1, shape.ran);
    const title = fill(words.bytes, shape);
    this.drawChart(this.find(".bytes"), title, shape.values, shape.bytes, shape.ran);
  }

  /** Two logarithmic axes; solid up to what was run, dashed beyond. */
  drawChart(canvas, title, lines, factor, ran) {
    const { chartColours, ranges, tokens } = this.data;
    const mostTokens = ranges.context.high;
    const { words } = this;
    const t = this.context.value;
    const names = Object.keys(lines);
    const cost = (name, tokens) =>
      Math.max(1, factor * (lines[name][0] + lines[name][1] * tokens));
    const growing = names.filter((name) => lines[name][1]);
    const low = Math.min(...growing.map((name) => cost(name, 1)));
    const high = Math.max(...names.map((name) => cost(name, mostTokens)));
    const chart = new Chart(canvas, {
      height: CHART_PX,
      x: { from: 1, to: mostTokens, log: true },
      y: { from: low, to: high, log: true },
      margins: { left: 62, top: 52, right: 6, bottom: 24 },
    });
    chart.title(title);
    chart.across(powers(low, high).map((value) => [value, short(value)]));
    chart.below(TICKS.map((value) => [value, short(value)]));
    chart.legend(
      names.map((name) => ({ name: words.lines[name], colour: chartColours[name] })),
      35,
    );
    const run = ran ? tokens.length : 1;
    for (const name of [...names].reverse()) {
      const colour = chartColours[name];
      const width = name === "heads" ? UNDER_PX : LINE_PX;
      const value = (tokens) => cost(name, tokens);
      chart.curve(value, [1, run], { colour, width });
      chart.curve(value, [run, mostTokens], { colour, width, dash: DASH });
      chart.dot([t, value(t)], { colour, radius: 6 });
    }
    const told = names.map((name) => `${words.lines[name]} ${short(cost(name, t))}`).join(", ");
    canvas.setAttribute("aria-label", `${title}, ${whole(t)} ${words.tokens}: ${told}`);
  }

  end() {
    this.context.end();
  }
}

/** Every second power of ten between two values. */
function powers(low, high) {
  const first = Math.ceil(Math.log10(low));
  const count = Math.floor((Math.log10(high) - first) / 2) + 1;
  return Array.from({ length: count }, (_, i) => 10 ** (first + 2 * i));
}
