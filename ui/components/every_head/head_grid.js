// @ts-check
// All heads of one model as one picture, a tile each. Exact values lie here, so that hovering and
// ordering ask nobody.

import { floats } from "../lib/arrays.js";
import { signedShare, stepOf } from "../lib/colour.js";
import { el, picture, tips } from "../lib/dom.js";
import { fill, minus, percent } from "../lib/format.js";
import { paper, sheetOf } from "../lib/heatmap.js";
import { tokenLabel } from "../lib/tokens.js";

const GAP = 2; // between tiles
const TILE_LEAST = 60; // where tiles carry a caption, "L10 h12" the longest
const TILE_IN_ROW = 18; // where a layer is one row, without captions
const CAPTION = 17;
const EDGE = 30; // for "L0" and "h0"
const TITLE = 26;
export const DIFFERENCE = 0.5; // of two weights, at which its colour is full

/** @typedef {{at: number, x: number, y: number}} Tile number `at` of a head, and its place */

export class HeadGrid {
  /** @param {import("./every_head.js").EveryHead} page */
  constructor(page, index) {
    this.page = page;
    this.index = index;
    this.root = el("section", "heads");
    this.title = el("h2");
    const { frame, canvas } = picture();
    this.canvas = canvas;
    this.canvas.tabIndex = 0;
    this.source = el("p", "source");
    this.root.append(this.title, frame, this.source);
    /** @type {number | null} */
    this.cursor = null; // where the arrow keys are
    /** @type {Tile[]} */
    this.tiles = [];
    canvas.onclick = (event) => this.choose(this.at(event)?.tile.at);
    canvas.onfocus = () => page.turnTo(index);
    canvas.onblur = () => this.point(null);
    tips(canvas, (event) => this.told(event));
  }

  load(side) {
    this.side = side;
    this.n = side.tokens.length;
    this.cells = (this.n * (this.n + 1)) / 2;
    this.packed = floats(side.packed); // (layer, head, lower triangle)
    this.change = side.change && floats(side.change);
    this.scores = floats(side.scores); // (kind, layer, head)
    this.title.replaceChildren(side.title, el("small", "", side.model));
    this.root.style.setProperty("--side", side.colour);
    this.source.textContent = side.source;
  }

  label(i, most) {
    return tokenLabel(this.side.tokens, i, most);
  }

  // Weight of head number `at` at (i, j), j <= i: as the options have it. NaN: nothing to show.
  weight(at, i, j) {
    const row = at * this.cells + (i * (i + 1)) / 2;
    const p = this.packed[row + j];
    if (!this.page.data.hideFirst) return p;
    return i === 0 || j === 0 ? NaN : p / (1 - this.packed[row]);
  }

  get differs() {
    return this.index === 1 && this.page.data.compare === "difference";
  }

  value(at, i, j) {
    return this.weight(at, i, j) - (this.differs ? this.page.grids[0].weight(at, i, j) : 0);
  }

  // Groups of heads in the chosen order: [title, heads].
  groups() {
    const { layers, heads, kinds } = this.side;
    const all = Array.from({ length: layers * heads }, (_, at) => at);
    const { order, kindNames, words } = this.page.data;
    if (order === "kind")
      return kindNames
        .map(([kind, name]) => [kind, name, all.filter((at) => kinds[at] === kind)])
        .filter(([, , found]) => found.length)
        .map(([kind, name, found]) => [
          `${name} (${found.length})`,
          found.sort((a, b) => this.score(kind, b) - this.score(kind, a)),
        ]);
    if (order === "effect" && this.change) {
      const size = (at) => Math.abs(this.change[at]);
      return [[words.byEffect, all.sort((a, b) => size(b) - size(a))]];
    }
    const crowded = this.width - EDGE < heads * TILE_IN_ROW; // then a layer takes several rows
    return Array.from({ length: layers }, (_, l) => [
      crowded ? fill(words.layer, { layer: this.side.first + l }) : null,
      all.slice(l * heads, (l + 1) * heads),
    ]);
  }

  // How far a kind explains a head; "content" is what is left over and has no score.
  score(kind, at) {
    const { layers, heads } = this.side;
    const which = this.page.data.kindNames.findIndex(([name]) => name === kind);
    return this.scores[which * layers * heads + at] ?? 0;
  }

  draw() {
    const { heads } = this.side;
    const width = (this.width = this.canvas.clientWidth || 400);
    const groups = this.groups();
    const byLayer = groups[0][0] === null;
    const columns = byLayer ? heads : Math.max(1, Math.min(heads, Math.floor(width / TILE_LEAST)));
    const left = byLayer ? EDGE : 0;
    const tile = Math.floor((width - left) / columns);
    this.size = tile - GAP;
    const { titles, bottom } = this.place(groups, { byLayer, columns, left, tile });
    const { context } = paper(this.canvas, bottom + 4);
    this.context = context;
    this.ink = context.fillStyle;
    for (const [title, y] of titles) context.fillText(title, 0, y);
    if (byLayer) this.drawEdges(left, tile);
    this.paint(context);
    if (!byLayer) this.drawCaptions();
    this.mark();
    const { words } = this.page.data;
    this.canvas.setAttribute("aria-label", fill(words.alt, { ...this.side, count: this.n }));
  }

  // Where each tile and each title stands.
  place(groups, { byLayer, columns, left, tile }) {
    const caption = byLayer ? 0 : CAPTION * (this.byEffect() ? 2 : 1);
    const titles = [];
    let y = byLayer ? EDGE - 8 : 0;
    this.tiles = [];
    for (const [title, members] of groups) {
      if (title) {
        titles.push([title, y + TITLE / 2]);
        y += TITLE;
      }
      members.forEach((at, i) =>
        this.tiles.push({
          at,
          x: left + (i % columns) * tile,
          y: y + Math.floor(i / columns) * (tile + caption) + caption,
        }),
      );
      y += Math.ceil(members.length / columns) * (tile + caption) + (byLayer ? 0 : 6);
    }
    return { titles, bottom: y };
  }

  drawEdges(left, tile) {
    const { context } = this;
    const { first, layers, heads } = this.side;
    context.textAlign = "center";
    const every = Math.ceil(EDGE / tile);
    for (let h = 0; h < heads; h += every) context.fillText(`h${h}`, left + (h + 0.5) * tile, 10);
    context.textAlign = "right";
    for (let l = 0; l < layers; l++)
      context.fillText(`L${first + l}`, EDGE - 5, EDGE - 8 + (l + 0.5) * tile);
  }

  // Each tile says which head it is, and what it does.
  byEffect() {
    return this.page.data.order === "effect" && Boolean(this.change);
  }

  drawCaptions() {
    const { context } = this;
    const { first, heads } = this.side;
    const { order } = this.page.data;
    const byEffect = this.byEffect();
    context.fillStyle = this.ink;
    context.textAlign = "center";
    for (const { at, x, y } of this.tiles) {
      context.globalAlpha = this.shown(at) ? 1 : 0.3;
      const head = `h${at % heads}`; // where its row says which layer
      const number = order === "layer" ? head : `L${first + Math.floor(at / heads)} ${head}`;
      const middle = x + this.size / 2;
      context.fillText(number, middle, y - 8 - (byEffect ? CAPTION : 0));
      if (byEffect) context.fillText(minus((100 * this.change[at]).toFixed(1)), middle, y - 8);
    }
    context.globalAlpha = 1;
  }

  shown(at) {
    const { kind } = this.page.data;
    return kind === "all" || this.side.kinds[at] === kind;
  }

  paint(context) {
    const { n } = this;
    const colours = this.differs ? this.page.signedTable : this.page.weightTable;
    const { nothing } = this.page;
    const sheet = sheetOf(n * this.tiles.length, n, (to) => {
      const j = to % n;
      const row = (to - j) / n;
      const i = row % n;
      if (j > i) return nothing;
      const p = this.value(this.tiles[(row - i) / n].at, i, j);
      if (Number.isNaN(p)) return nothing;
      return colours[stepOf(this.differs ? signedShare(p, DIFFERENCE) : p)];
    });
    context.imageSmoothingEnabled = n > this.size * (window.devicePixelRatio || 1);
    this.tiles.forEach(({ at, x, y }, k) => {
      context.globalAlpha = this.shown(at) ? 1 : 0.15;
      context.drawImage(sheet, 0, k * n, n, n, x, y, this.size, this.size);
    });
    context.globalAlpha = 1;
  }

  // Frames: the chosen head of this model, and where the arrow keys are.
  mark() {
    this.frame(this.chosen, []);
    if (this.cursor !== null) this.frame(this.cursor, [4, 3]);
  }

  get chosen() {
    const [layer, head] = this.page.chosen[this.index];
    return layer * this.side.heads + head;
  }

  frame(at, dash) {
    const tile = this.tiles.find((one) => one.at === at);
    if (!tile) return;
    const { context } = this;
    context.strokeStyle = this.ink;
    context.lineWidth = 3;
    context.setLineDash(dash);
    context.strokeRect(tile.x - 1, tile.y - 1, this.size + 2, this.size + 2);
    context.setLineDash([]);
  }

  point(at) {
    if (this.cursor === at) return;
    this.cursor = at;
    this.draw();
  }

  // The tile under the pointer, and the row and column there.
  at({ offsetX, offsetY }) {
    const within = (x, from) => x >= from && x < from + this.size;
    const tile = this.tiles.find(({ x, y }) => within(offsetX, x) && within(offsetY, y));
    if (!tile) return null;
    const cell = (distance) => Math.floor((distance / this.size) * this.n);
    return { tile, i: cell(offsetY - tile.y), j: cell(offsetX - tile.x) };
  }

  name(at) {
    const { first, heads, kinds } = this.side;
    return fill(this.page.data.words.head, {
      layer: first + Math.floor(at / heads),
      head: at % heads,
      kind: this.page.kindName(kinds[at]),
    });
  }

  told(event) {
    const found = this.at(event);
    if (!found) return "";
    const {
      tile: { at },
      i,
      j,
    } = found;
    const value = j > i ? NaN : this.value(at, i, j);
    const names = { query: this.label(i), key: this.label(j), value: value.toFixed(6) };
    return [
      this.name(at),
      ...(Number.isNaN(value) ? [] : [fill(this.page.data.words.cell, names)]),
      ...(this.change ? [this.effect(at)] : []),
    ].join("\n");
  }

  // What the next token loses without this head.
  effect(at) {
    const { next, probability } = this.side;
    const [before, after] = [probability, probability + this.change[at]].map(
      (p) => `${(100 * p).toFixed(1)} %`,
    );
    return fill(this.page.data.words.effect, { next, before, after });
  }

  // How far each kind explains a head, in words.
  shares(at) {
    const { kindNames, shareNames } = this.page.data;
    return kindNames
      .slice(0, -1)
      .map(([kind]) => [kind, this.score(kind, at)])
      .filter(([, share]) => share >= 0.1)
      .map(([kind, share]) => `${shareNames[kind]} ${percent(share)}`);
  }

  choose(at) {
    if (at === undefined || at === null) return;
    const { heads } = this.side;
    this.page.choose(this.index, Math.floor(at / heads), at % heads);
  }

  // The arrow keys go from the chosen head to its neighbours.
  move(right, down) {
    this.point(this.beside(this.cursor ?? this.chosen, right, down));
    const effect = this.change ? `. ${this.effect(this.cursor)}` : "";
    this.page.speak(this.name(this.cursor) + effect);
  }

  // The next tile to the side, or the nearest in the next row.
  beside(at, right, down) {
    const k = this.tiles.findIndex((tile) => tile.at === at);
    if (right) return this.tiles[Math.min(Math.max(k + right, 0), this.tiles.length - 1)].at;
    const { x, y } = this.tiles[k];
    const rows = this.tiles.filter((tile) => (tile.y - y) * down > 0);
    if (!rows.length) return at;
    const row = (down > 0 ? Math.min : Math.max)(...rows.map((tile) => tile.y));
    const inRow = rows.filter((tile) => tile.y === row);
    return inRow.reduce((a, b) => (Math.abs(b.x - x) < Math.abs(a.x - x) ? b : a)).at;
  }
}
