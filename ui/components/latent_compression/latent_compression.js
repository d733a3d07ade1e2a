// @ts-check
// The compression lab: a size, a head before and after, all heads, the latent. Python computes;
// what is drawn is a function of the data alone, and the slider never waits for it.

import { floats } from "../lib/arrays.js";
import { gradient, ramp, signedShare, themeOf } from "../lib/colour.js";
import { choices, el, finder, numbers, onResize, picture, tips } from "../lib/dom.js";
import { asComponent } from "../lib/events.js";
import { bytes, fill, percent } from "../lib/format.js";
import { cellMap, tokenMap } from "../lib/heatmap.js";
import { tokenLabel } from "../lib/tokens.js";
import { pairs } from "./pairs.js";

const ASK_MS = 70; // the slider asks again this often while it is dragged
const DIFFERENCE = 0.5; // the difference of two weights at which its colour is full
const LABEL_CHARACTERS = 10;
const GRID = { margins: { left: 30, top: 30 }, most: 34 };
const LATENT = { margins: { left: 96, top: 8 } };
const LATENT_PX = 300; // height of the latent's picture, about
const ROW_PX = [3, 24]; // of a token in it, at least and at most

export class LatentCompression {
  /**
   * @param {ShadowRoot | HTMLElement} root
   * @param {import("../lib/events.js").Tell} tell
   */
  constructor(root, tell) {
    this.root = root;
    this.tell = tell;
    this.find = finder(root);
    /** @type {number | undefined} */
    this.asked = undefined; // the size that Python has not answered yet
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.waiting = undefined;
  }

  load(data) {
    this.data = data;
    if (!this.maps) this.build(data.words);
    this.loadOptions(data);
    const [before, after] = [floats(data.before), floats(data.after)];
    this.patterns = [before, after, after.map((p, i) => p - before[i])];
    this.lost = floats(data.grid);
    this.latent = floats(data.latent);
    this.find(".fails").textContent = data.fails;
    this.find(".source").textContent = data.source;
    const hint = fill(data.words.latentHint, { rank: data.latentRank });
    this.heading(".latent h3", fill(data.words.latent, { layer: data.layer }), hint);
    this.draw();
  }

  loadOptions(data) {
    const rank = this.find(".rank");
    rank.max = data.maxRank;
    if (this.asked === undefined || this.asked === data.rank) {
      rank.value = data.rank;
      this.asked = undefined;
    }
    this.dial(Number(rank.value));
    choices(this.find(".method"), data.methods, data.method);
    choices(this.find(".ranks"), data.ranksOffered, data.ranks);
    choices(this.find(".measure"), data.measures, data.measure);
    choices(this.find(".layer"), numbers(data.layers), data.layer);
    choices(this.find(".head"), numbers(data.heads), data.head);
  }

  build(words) {
    this.titles = [words.before, words.after, words.difference];
    this.maps = this.titles.map((title, i) => this.buildMap(title, i ? "" : words.hint, i));
    const next = el("div");
    const heading = el("h3", "", words.next);
    heading.append(el("small", "", words.nextHint));
    next.append(heading, el("ol", "pairs"), el("p", "kl"));
    this.find(".maps").replaceChildren(...this.maps.map(({ box }) => box), next);
    this.heading(".grid h3", words.grid, words.gridHint);
    this.buildOptions(words);
    const grid = this.find(".grid canvas");
    grid.onclick = (event) => {
      const cell = this.gridAt(event);
      if (cell) this.choose(...cell);
    };
    tips(grid, (event) => this.toldOfGrid(event));
    tips(this.find(".latent canvas"), (event) => this.toldOfLatent(event));
    this.unwatch = onResize(this.find(".maps"), () => this.draw());
  }

  /** A head's pattern: before, after, or what changed. */
  buildMap(title, hint, which) {
    const [box, legend] = [el("div"), el("div", "legend")];
    const heading = el("h3", "", title);
    heading.append(el("small", "", hint));
    const { frame, canvas } = picture();
    const ends = which < 2 ? ["0", "1"] : [`−${DIFFERENCE}`, `+${DIFFERENCE}`];
    legend.append(ends[0], el("i"), ends[1]);
    box.append(heading, frame, legend);
    const map = { box, canvas, legend, cellAt: (_) => null };
    tips(canvas, (event) => {
      const [i, j] = map.cellAt(event) ?? [0, 1];
      const { tokens, words } = this.data;
      const value = this.patterns[which][i * tokens.length + j].toFixed(4);
      const [query, key] = [tokenLabel(tokens, i), tokenLabel(tokens, j)];
      return j <= i && fill(words.cell, { query, key, value });
    });
    return map;
  }

  buildOptions(words) {
    const rank = this.find(".rank");
    this.find(".size .name").textContent = words.dial;
    rank.setAttribute("aria-label", words.dial);
    rank.oninput = () => this.ask(Number(rank.value));
    const names = this.root.querySelectorAll(".options .name");
    ["method", "ranks", "layer", "head"].forEach((name, i) => {
      names[i].textContent = words[name];
      this.find(`.${name}`).setAttribute("aria-label", words[name]);
    });
    this.find(".measure").setAttribute("aria-label", words.grid);
    for (const name of ["method", "ranks", "measure"])
      this.find(`.${name}`).onchange = (event) =>
        this.tell("option", [name, event.target.value]);
    for (const name of ["layer", "head"])
      this.find(`.${name}`).onchange = () =>
        this.choose(Number(this.find(".layer").value), Number(this.find(".head").value));
  }

  heading(selector, title, hint) {
    this.find(selector).replaceChildren(title, el("small", "", hint));
  }

  choose(layer, head) {
    this.tell("head", [this.data.model, layer, head]);
  }

  /** The numbers of the dial follow the hand; the pictures follow as fast as they are computed. */
  ask(rank) {
    this.dial(rank);
    this.asked = rank;
    if (this.waiting) return; // the latest size is sent when the pause ends
    this.tell("rank", rank);
    this.waiting = setTimeout(() => {
      this.waiting = undefined;
      if (this.asked !== undefined && this.asked !== rank) this.ask(this.asked);
    }, ASK_MS);
  }

  dial(rank) {
    const { words, layers, valuesBefore, bytesPerValue } = this.data;
    const cached = rank * layers;
    const ratio = fill(words.ratio, { ratio: (valuesBefore / cached).toFixed(1) });
    const size = fill(words.rate, {
      bytes: bytes(cached * bytesPerValue),
      layers,
      all: bytes(valuesBefore * bytesPerValue),
    });
    this.find(".headline").textContent = fill(words.headline, { rank });
    this.find(".rate").textContent = `${size} · ${ratio}`;
    this.find(".rank").setAttribute("aria-valuetext", `${rank}, ${ratio}`);
  }

  draw() {
    const { colours, next, kl, klTitle } = this.data;
    const theme = themeOf(this.root);
    this.find("section").style.setProperty("--latent", colours.latent);
    this.maps.forEach((_, which) => this.drawMap(which, theme));
    this.find(".pairs").replaceChildren(...pairs(next, [colours.before, colours.latent]));
    this.find(".kl").replaceChildren(el("strong", "", klTitle), kl);
    this.drawGrid(colours.lost[theme]);
    this.drawLatent(colours.signed[theme]);
  }

  drawMap(which, theme) {
    const { colours, tokens, alt } = this.data;
    const { canvas, legend } = this.maps[which];
    const scale = colours[which < 2 ? "weights" : "signed"][theme];
    const colour = ramp(scale);
    const values = this.patterns[which];
    const share = (x) => (which < 2 ? x : signedShare(x, DIFFERENCE));
    legend.style.setProperty("--ramp", gradient(scale));
    this.maps[which].cellAt = tokenMap(canvas, {
      labels: tokens.map((_, i) => tokenLabel(tokens, i, LABEL_CHARACTERS)),
      colour: (i, j) => (j > i ? null : colour(share(values[i * tokens.length + j]))),
    });
    canvas.setAttribute("aria-label", `${this.titles[which]}, ${alt}`);
  }

  drawGrid(scale) {
    const { layers, heads, layer, head, words, gridScale } = this.data;
    const canvas = this.find(".grid canvas");
    const colour = ramp(scale);
    this.legend(".grid .legend", scale, "0", percent(gridScale));
    this.gridAt = cellMap(canvas, {
      rows: numbers(layers).map(([l]) => `L${l}`),
      columns: heads,
      above: (h) => `h${h}`,
      colour: (l, h) => colour(this.lost[l * heads + h] / gridScale),
      framed: [layer, head],
      ...GRID,
    });
    canvas.setAttribute("aria-label", `${words.grid}. ${this.head(layer, head)}`);
  }

  drawLatent(scale) {
    const { tokens, layer, latentRank, latentScale, words } = this.data;
    const canvas = this.find(".latent canvas");
    const colour = ramp(scale);
    const most = latentScale.toPrecision(2);
    this.legend(".latent .legend", scale, `−${most}`, `+${most}`);
    const value = (i, c) => this.latent[i * latentRank + c];
    this.latentAt = cellMap(canvas, {
      rows: tokens.map((_, i) => tokenLabel(tokens, i, LABEL_CHARACTERS)),
      columns: latentRank,
      colour: (i, c) => colour(signedShare(value(i, c), latentScale)),
      high: Math.max(ROW_PX[0], Math.min(ROW_PX[1], LATENT_PX / tokens.length)),
      ...LATENT,
    });
    const [what, hint] = [fill(words.latent, { layer }), fill(words.latentHint, { rank: latentRank })];
    canvas.setAttribute("aria-label", `${what}: ${hint}`);
  }

  legend(selector, scale, low, high) {
    const legend = this.find(selector);
    legend.style.setProperty("--ramp", gradient(scale));
    legend.replaceChildren(low, el("i"), high);
  }

  /** What the grid says of a head. */
  head(layer, head) {
    const value = percent(this.lost[layer * this.data.heads + head]);
    return fill(this.data.words.gridCell, { layer, head, value });
  }

  toldOfGrid(event) {
    const cell = this.gridAt(event);
    return cell && this.head(...cell);
  }

  toldOfLatent(event) {
    const cell = this.latentAt(event);
    if (!cell) return "";
    const [i, column] = cell;
    const { tokens, latentRank, words } = this.data;
    const value = this.latent[i * latentRank + column].toFixed(3);
    return fill(words.latentCell, { token: tokenLabel(tokens, i), column, value });
  }

  end() {
    clearTimeout(this.waiting);
    this.unwatch();
  }
}

export default asComponent((root, tell) => new LatentCompression(root, tell));
