// @ts-check
// One model's column: built once, redrawn for each step.

import { floats } from "../lib/arrays.js";
import { choices, el, numbers, picture, tips } from "../lib/dom.js";
import { bytes, fill, percent } from "../lib/format.js";
import { tokenMap } from "../lib/heatmap.js";
import { nextTokens, tokenChips, tokenLabel } from "../lib/tokens.js";

const SLICE_PX = 72; // height of a slice of the larger cache
const CELL_PX = 34;
const LABEL_CHARACTERS = 12;

/** What both columns share at a step: `drawn` by the page. */
export class Column {
  /** @param {import("./side_by_side.js").SideBySide} page */
  constructor(page, index) {
    const { words } = page.data;
    this.page = page;
    this.index = index;
    this.root = el("article", "side");
    this.edge = el("div", "edge");
    const head = el("h2");
    this.title = el("span");
    this.name = el("small");
    head.append(this.title, this.name);
    this.about = el("p", "about");
    this.chips = el("div", "chips");
    this.source = el("p", "source");
    const panels = el("div", "panels");
    panels.append(this.buildPattern(words), this.buildRight(words));
    this.root.append(this.edge, head, this.about, this.chips, panels, this.source);
  }

  buildPattern(words) {
    const panel = el("div");
    const title = el("h3", "", words.pattern);
    title.append(el("small", "", words.patternHint));
    const pick = el("div", "pick");
    this.layer = this.select(pick, words.layer);
    this.head = this.select(pick, words.head);
    this.legend = el("div", "legend");
    this.legend.append(el("i"));
    pick.append(this.legend);
    const { frame, canvas } = picture();
    this.canvas = canvas;
    tips(canvas, (event) => this.cell(event));
    this.says = el("p", "says");
    panel.append(title, pick, frame, this.says);
    return panel;
  }

  buildRight(words) {
    const next = el("div");
    this.bars = el("ol", "bars");
    next.append(el("h3", "", words.comesNext), this.bars);
    const cache = el("div", "cache");
    this.cacheTitle = el("h3");
    this.rate = el("p", "rate");
    this.slices = el("div", "slices");
    this.slices.setAttribute("role", "img");
    this.parts = el("p", "parts");
    this.kept = el("p", "kept");
    cache.append(this.cacheTitle, this.rate, this.slices, this.parts, this.kept);
    const panel = el("div", "right");
    panel.append(next, cache);
    return panel;
  }

  select(parent, name) {
    const label = el("label", "", name);
    const select = el("select");
    select.setAttribute("aria-label", name);
    select.onchange = () =>
      this.page.chooseHead(this.index, Number(this.layer.value), Number(this.head.value));
    label.append(select);
    parent.append(label);
    return select;
  }

  load(side) {
    this.side = side;
    this.pattern = floats(side.pattern);
    this.size = Math.sqrt(this.pattern.length);
    this.labels = side.tokens.map((_, i) => tokenLabel(side.tokens, i, LABEL_CHARACTERS));
    this.root.style.setProperty("--side", side.colour);
    this.root.style.setProperty("--side-soft", side.colour + "33");
    this.title.textContent = side.title;
    this.name.textContent = side.model;
    this.about.textContent = side.about;
    choices(this.layer, numbers(side.layers), side.layer);
    choices(this.head, numbers(side.heads), side.head);
    this.kept.textContent = side.formula;
    this.source.textContent = side.source;
    this.parts.replaceChildren(
      ...side.parts.map(({ name, colour }) => {
        const item = el("span", "part", name);
        item.style.setProperty("--part", colour);
        return item;
      }),
    );
    let from = 0; // the slices and the card's edge show the parts in their true proportion
    const stops = side.parts.map(
      ({ colour, share }) => `${colour} ${100 * from}% ${100 * (from += share)}%`,
    );
    this.root.style.setProperty("--slice", `linear-gradient(to top, ${stops})`);
    this.edge.style.background = `linear-gradient(to right, ${stops})`;
    tokenChips(this.chips, side.tokens, (i) => this.page.player.go(i + 1));
  }

  // Weight of query row i on key j, with or without the first token. NaN: nothing to show.
  weight(i, j) {
    const p = this.pattern[i * this.size + j];
    if (!this.page.data.hideFirst) return p;
    const rest = 1 - this.pattern[i * this.size];
    return j === 0 || i === 0 ? NaN : p / rest;
  }

  draw(step) {
    const now = step - 1;
    const visible = Math.max(this.side.promptLength, step);
    [...this.chips.children].forEach((/** @type {HTMLElement} */ chip, i) => {
      chip.classList.toggle("now", i === now);
      chip.classList.toggle("later", i > now);
      chip.classList.toggle("made", i >= this.side.promptLength);
      chip.hidden = i >= visible;
    });
    const chip = /** @type {HTMLElement} */ (this.chips.children[now]);
    // a long text scrolls with the reader
    this.chips.scrollTop = chip.offsetTop - this.chips.offsetTop - this.chips.clientHeight / 2;
    nextTokens(this.side.next[now], this.bars);
    this.drawCache(step);
    this.drawMap(now, visible);
    this.speak(now);
  }

  drawCache(step) {
    const { words } = this.page.data;
    const { nbytes } = this.side;
    const held = nbytes[step - 1];
    const rate = held / step;
    const title = fill(words.cacheNow, { bytes: bytes(held), tokens: step });
    const other = this.page.columns[1 - this.index]?.side; // a large model stands alone
    const ratio = other ? other.nbytes[0] / nbytes[0] : 1;
    this.cacheTitle.replaceChildren(`${words.cache}: `, el("span", "", title));
    const perToken = fill(words.cacheRate, { bytes: bytes(rate) });
    const smaller = fill(words.ratio, { ratio: ratio.toFixed(1) });
    this.rate.textContent = ratio > 1.05 ? `${perToken}, ${smaller}` : perToken;
    // one slice a token: equal widths on both sides, height = bytes, so areas compare
    const height = (SLICE_PX * rate) / this.page.largestRate;
    const width = 100 / this.page.player.last;
    this.slices.replaceChildren(
      ...Array.from({ length: step }, (_, i) => {
        const slice = el("div", i === step - 1 ? "slice now" : "slice");
        slice.style.height = `${height}px`;
        slice.style.width = `calc(${width}% - 1px)`;
        return slice;
      }),
    );
    this.slices.setAttribute("aria-label", `${words.cache}: ${title}. ${words.cacheScale}`);
    this.slices.title = words.cacheScale;
  }

  drawMap(now, visible) {
    const unknown = getComputedStyle(this.root).color.replace(/rgb\((.*)\)/, "rgba($1, 0.05)");
    this.now = now;
    this.cellAt = tokenMap(this.canvas, {
      labels: this.labels.slice(0, visible),
      colour: (i, j) => {
        if (j > i) return null;
        if (i > now) return unknown;
        const p = this.weight(i, j);
        return Number.isNaN(p) ? null : this.page.colour(p);
      },
      most: CELL_PX,
      row: now,
      known: now + 1,
      framed: (row) => row + 1,
    });
  }

  speak(now) {
    const { words, hideFirst } = this.page.data;
    const row = Array.from({ length: now + 1 }, (_, j) => this.weight(now, j));
    const first = this.pattern[now * this.size];
    let sentence = words.alone;
    if (now > 0) {
      let best = hideFirst ? 1 : 0;
      row.forEach((p, j) => (p > row[best] ? (best = j) : 0));
      sentence = fill(words.looks, {
        query: this.labels[now],
        key: this.labels[best],
        percent: percent(row[best]),
      });
      const about = hideFirst ? words.sinkHidden : words.sink;
      if (best !== 0) sentence += "; " + fill(about, { percent: percent(first) });
    }
    this.says.textContent = sentence + ".";
    this.canvas.setAttribute("aria-label", `${words.pattern}, ${words.patternHint}. ${sentence}`);
  }

  cell(event) {
    const [i, j] = this.cellAt(event) ?? [0, 1];
    if (j > i || i > this.now) return "";
    const p = this.weight(i, j);
    const { tokens } = this.side;
    return fill(this.page.data.words.cell, {
      query: tokenLabel(tokens, i),
      key: tokenLabel(tokens, j),
      value: Number.isNaN(p) ? "–" : p.toFixed(4),
    });
  }
}
