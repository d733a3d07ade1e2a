// @ts-check
// One model: who shares what, what it costs, and, where it ran this text, what it did.

import { floats } from "../lib/arrays.js";
import { stepOf } from "../lib/colour.js";
import { el, picture, tips } from "../lib/dom.js";
import { fill } from "../lib/format.js";
import { paper, sheetOf } from "../lib/heatmap.js";
import { nextTokens } from "../lib/tokens.js";
import { drawing } from "./drawing.js";

const ACROSS = 4; // heads
const GAP = 10;
const TITLE_PX = 18; // above each pattern
const BELOW_PX = 4;

export class Card {
  /**
   * @param {any} card
   * @param {import("./sharing_heads.js").SharingHeads} page
   */
  constructor(card, page) {
    this.card = card;
    this.page = page;
    const { words, colours, layer } = page.data;
    this.root = el("article", "card");
    this.root.style.setProperty("--kind", card.colour);
    const title = el("h2", "", card.title);
    title.append(el("small", "", card.model));
    const definition = el("p", "definition", card.definition);
    this.root.append(title, definition, drawing(card, words, colours), facts(card.facts));
    if (card.next) {
      const { frame, canvas } = picture(fill(words.patternsAlt, { layer, model: card.model }));
      this.canvas = canvas;
      this.pattern = floats(card.pattern);
      this.n = Math.sqrt(this.pattern.length / card.heads);
      tips(canvas, (event) => this.told(event));
      const patterns = el("h3", "", fill(words.patterns, { layer }));
      this.root.append(el("h3", "", words.next), nextTokens(card.next), patterns, frame);
    }
    this.root.append(el("p", "source", card.source));
  }

  /** All heads of the layer; heads that share keys and values stand side by side anyway. */
  paint() {
    const { canvas, n, pattern } = this;
    if (!canvas) return;
    const down = Math.ceil(this.card.heads / ACROSS);
    this.size = ((canvas.clientWidth || 280) - (ACROSS - 1) * GAP) / ACROSS;
    this.tall = TITLE_PX + this.size + BELOW_PX;
    const { context } = paper(canvas, down * this.tall);
    context.imageSmoothingEnabled = false;
    for (let head = 0; head < this.card.heads; head++) {
      const x = (head % ACROSS) * (this.size + GAP);
      const y = Math.floor(head / ACROSS) * this.tall + TITLE_PX;
      context.fillText(fill(this.page.data.words.head, { head }), x, y - TITLE_PX / 2);
      const sheet = sheetOf(n, n, (k) =>
        k % n > Math.floor(k / n) ? 0 : this.page.weights[stepOf(pattern[head * n * n + k])],
      );
      context.drawImage(sheet, x, y, this.size, this.size);
    }
  }

  told({ offsetX, offsetY }) {
    const { card, n, pattern, size, tall } = this;
    const [column, row] = [Math.floor(offsetX / (size + GAP)), Math.floor(offsetY / tall)];
    const head = row * ACROSS + column;
    const j = Math.floor(((offsetX - column * (size + GAP)) / size) * n);
    const i = Math.floor(((offsetY - row * tall - TITLE_PX) / size) * n);
    if (i < 0 || i >= n || j < 0 || j > i || head >= card.heads) return "";
    const value = pattern[(head * n + i) * n + j].toFixed(4);
    const cell = { head, query: card.tokens[i], key: card.tokens[j], value };
    return fill(this.page.data.words.cell, cell);
  }
}

/** @param {[string, string, string][]} all name, value and what belongs to it */
function facts(all) {
  const list = el("dl", "facts");
  for (const [name, value, more] of all) {
    const told = el("dd", "", `${value} `);
    if (more) told.append(el("small", "", more));
    list.append(el("dt", "", name), told);
  }
  return list;
}
