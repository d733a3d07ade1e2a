// @ts-check
// One model's column: the rows of one head, its whole cache, its work, its counts.

import { halves } from "../lib/arrays.js";
import { choices, el, numbers, picture } from "../lib/dom.js";
import { fill, percent } from "../lib/format.js";
import { tokenLabel } from "../lib/tokens.js";
import { Blocks } from "./blocks.js";
import { Rows } from "./rows.js";
import { counts, curve, kept } from "./work.js";

const LABEL_CHARACTERS = 14;

export class Column {
  /**
   * @param {import("./cache_grows.js").CacheGrows} page
   * @param {number} index
   */
  constructor(page, index) {
    this.page = page;
    this.side = page.data.sides[index];
    const { words } = page.data;
    this.root = el("article", "side");
    const head = el("h2");
    this.title = el("span");
    this.name = el("small");
    head.append(this.title, this.name);
    const pick = el("div", "pick");
    this.layer = this.select(pick, words.layer);
    this.head = this.select(pick, words.head);
    this.says = el("p", "says");
    pick.append(this.says);
    this.rows = new Rows(this);
    this.blocks = new Blocks(this);
    this.curve = picture();
    this.counts = el("table", "counts");
    this.kept = el("p", "kept");
    this.root.append(head, pick, this.rows.frame, this.lower(words), this.counts, this.kept);
  }

  lower(words) {
    const [lower, left, right] = [el("div", "lower"), el("div"), el("div")];
    left.append(this.blocks.title, this.blocks.frame);
    right.append(el("h3", "", words.work), this.curve.frame);
    lower.append(left, right);
    return lower;
  }

  select(parent, name) {
    const label = el("label", "", `${name} `);
    const select = el("select");
    select.setAttribute("aria-label", name);
    select.onchange = () =>
      this.page.tell("head", [
        this.side.model,
        Number(this.layer.value),
        Number(this.head.value),
      ]);
    label.append(select);
    parent.append(label);
    return select;
  }

  load(side) {
    this.side = side;
    this.root.style.setProperty("--side", side.colour);
    this.title.textContent = side.title;
    this.name.textContent = side.model;
    choices(this.layer, numbers(side.layers), side.layer);
    choices(this.head, numbers(side.heads), side.head);
    this.labels = side.tokens.map((_, i) => tokenLabel(side.tokens, i, LABEL_CHARACTERS));
    this.held = halves(side.cache);
    this.rows.load(side);
  }

  get cached() {
    return this.page.data.cached;
  }

  /** A step's number at the step that is shown. */
  at(name) {
    return this.side.steps[name][this.page.index];
  }

  /** The first token that this step runs through the model, and the number of tokens then known. */
  get span() {
    const { index } = this.page;
    return [this.cached && index ? this.side.steps.tokens[index - 1] : 0, this.at("tokens")];
  }

  draw() {
    const { words } = this.page.data;
    this.rows.draw();
    this.blocks.draw();
    curve(this.curve.canvas, this.side, this.page.index, words);
    this.counts.replaceChildren(...counts(this.side, this.page.index, this.cached, words));
    this.kept.textContent = kept(this.side, this.page.index);
    const [token, p] = this.side.next[this.page.index][0];
    this.says.textContent = fill(words.says, { token, percent: percent(p) });
  }
}
