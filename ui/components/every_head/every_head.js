// All heads of two models as one picture each. Exact values lie here, so that hovering, ordering
// and choosing ask nobody; Python hears of a choice for the link.

const walls = new WeakMap();
const GAP = 2; // between tiles
const TILE_LEAST = 48; // where tiles carry a caption
const TILE_IN_ROW = 18; // where a layer is one row, without captions
const CAPTION = 17;
const EDGE = 30; // for "L0" and "h0"
const DIFFERENCE = 0.5; // of two weights, at which its colour is full

class One {
  constructor(wall, index) {
    this.wall = wall;
    this.index = index;
    this.root = el("section", "one");
    this.title = el("h2");
    this.canvas = el("canvas");
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "img");
    this.source = el("p", "source");
    const map = el("div", "map");
    map.append(this.canvas, el("div", "tip"));
    this.root.append(this.title, map, this.source);
    this.canvas.onclick = (event) => this.choose(this.at(event)?.tile);
    this.canvas.onpointermove = (event) => this.hover(event);
    this.canvas.onpointerleave = () => showTip(this.canvas, null, "");
    this.canvas.onkeydown = (event) => this.key(event);
    this.canvas.onblur = () => this.outline(null);
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

  label(i, most = 99) {
    return shorten(`${i}·${this.side.tokens[i]}`, most);
  }

  // Weight of head number `at` at (i, j), j <= i: as the options have it. NaN: nothing to show.
  weight(at, i, j) {
    const row = at * this.cells + (i * (i + 1)) / 2;
    const p = this.packed[row + j];
    if (!this.wall.data.hideFirst) return p;
    return i === 0 || j === 0 ? NaN : p / (1 - this.packed[row]);
  }

  get differs() {
    return this.index === 1 && this.wall.data.compare === "difference";
  }

  value(at, i, j) {
    return this.weight(at, i, j) - (this.differs ? this.wall.ones[0].weight(at, i, j) : 0);
  }

  // Groups of heads in the chosen order: [title, heads].
  groups() {
    const { layers, heads, kinds } = this.side;
    const all = Array.from({ length: layers * heads }, (_, at) => at);
    const { order, kindNames, words } = this.wall.data;
    if (order === "kind")
      return kindNames
        .map(([kind, name]) => [kind, name, all.filter((at) => kinds[at] === kind)])
        .filter(([, , found]) => found.length)
        .map(([kind, name, found]) => [`${name} (${found.length})`, found.sort((a, b) => this.score(kind, b) - this.score(kind, a))]);
    if (order === "effect" && this.change)
      return [[words.byEffect, all.sort((a, b) => Math.abs(this.change[b]) - Math.abs(this.change[a]))]];
    const crowded = this.width - EDGE < heads * TILE_IN_ROW; // then a layer takes several rows
    return Array.from({ length: layers }, (_, l) => [
      crowded ? fill(words.layer, { layer: this.side.first + l }) : null,
      all.slice(l * heads, (l + 1) * heads),
    ]);
  }

  // How far a kind explains a head; "content" is what is left over and has no score.
  score(kind, at) {
    const { layers, heads } = this.side;
    const which = this.wall.data.kindNames.findIndex(([name]) => name === kind);
    return this.scores[which * layers * heads + at] ?? 0;
  }

  draw() {
    const { layers, heads } = this.side;
    const width = (this.width = this.canvas.clientWidth || 400);
    const groups = this.groups();
    const byLayer = groups[0][0] === null;
    const columns = byLayer ? heads : Math.max(1, Math.min(heads, Math.floor(width / TILE_LEAST)));
    const left = byLayer ? EDGE : 0;
    const tile = Math.floor((width - left) / columns);
    const caption = byLayer ? 0 : CAPTION;
    this.tiles = [];
    let y = byLayer ? EDGE - 8 : 0;
    const titles = [];
    for (const [title, members] of groups) {
      if (title) {
        titles.push([title, y + 13]);
        y += 26;
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
    this.size = tile - GAP;
    const { context } = paper(this.canvas, y + 4);
    this.context = context;
    const ink = context.fillStyle;
    for (const [title, at] of titles) context.fillText(title, 0, at);
    if (byLayer) {
      context.textAlign = "center";
      const every = Math.ceil(30 / tile);
      for (let h = 0; h < heads; h += every) context.fillText(`h${h}`, left + (h + 0.5) * tile, 10);
      context.textAlign = "right";
      for (let l = 0; l < layers; l++) context.fillText(`L${this.side.first + l}`, EDGE - 5, EDGE - 8 + (l + 0.5) * tile);
    }
    this.paint(context);
    context.fillStyle = ink;
    context.textAlign = "center";
    if (!byLayer)
      for (const { at, x, y } of this.tiles) {
        context.globalAlpha = this.shown(at) ? 1 : 0.3;
        const effect = this.wall.data.order === "effect" && this.change;
        const layered = this.wall.data.order === "layer"; // its row says which layer
        const number = layered ? `h${at % heads}` : `${this.side.first + Math.floor(at / heads)}.${at % heads}`;
        const name = effect ? (100 * this.change[at]).toFixed(1) : number;
        context.fillText(minus(name), x + this.size / 2, y - 8);
      }
    context.globalAlpha = 1;
    this.ink = ink;
    this.mark();
    this.canvas.setAttribute("aria-label", fill(this.wall.data.words.alt, { ...this.side, count: this.n }));
  }

  shown(at) {
    const { kind } = this.wall.data;
    return kind === "all" || this.side.kinds[at] === kind;
  }

  paint(context) {
    const { n } = this;
    const colours = this.differs ? this.wall.signedTable : this.wall.weightTable;
    const nothing = this.wall.nothing;
    const sheet = sheetOf(n * this.tiles.length, n, (to) => {
      const j = to % n;
      const row = (to - j) / n;
      const i = row % n;
      if (j > i) return nothing;
      const p = this.value(this.tiles[(row - i) / n].at, i, j);
      if (Number.isNaN(p)) return nothing;
      return colours[stepOf(this.differs ? (p / DIFFERENCE + 1) / 2 : p)];
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
    const [layer, head] = this.wall.chosen[this.index];
    this.frame(layer * this.side.heads + head, []);
    if (this.cursor !== undefined && this.cursor !== null) this.frame(this.cursor, [4, 3]);
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

  outline(at) {
    if (this.cursor === at) return;
    this.cursor = at;
    this.draw();
  }

  at(event) {
    const tile = this.tiles.find(
      ({ x, y }) =>
        event.offsetX >= x && event.offsetX < x + this.size && event.offsetY >= y && event.offsetY < y + this.size,
    );
    if (!tile) return null;
    const [j, i] = [event.offsetX - tile.x, event.offsetY - tile.y].map((v) => Math.floor((v / this.size) * this.n));
    return { tile, i, j };
  }

  name(at) {
    const { first, heads, kinds } = this.side;
    return fill(this.wall.data.words.head, {
      layer: first + Math.floor(at / heads), head: at % heads, kind: this.wall.kindName(kinds[at]),
    });
  }

  hover(event) {
    const found = this.at(event);
    if (!found) return showTip(this.canvas, event, "");
    const { tile, i, j } = found;
    let text = this.name(tile.at);
    const value = j > i ? NaN : this.value(tile.at, i, j);
    if (!Number.isNaN(value))
      text += "\n" + fill(this.wall.data.words.cell, { query: this.label(i), key: this.label(j), value: value.toFixed(6) });
    if (this.change) text += "\n" + this.effect(tile.at);
    showTip(this.canvas, event, text);
  }

  effect(at) {
    const { next, probability } = this.side;
    const [before, after] = [probability, probability + this.change[at]].map((p) => `${(100 * p).toFixed(1)} %`);
    return fill(this.wall.data.words.effect, { next, before, after });
  }

  choose(tile) {
    if (!tile) return;
    const { heads } = this.side;
    this.wall.choose(this.index, Math.floor(tile.at / heads), tile.at % heads);
  }

  key(event) {
    const steps = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
    if (event.key === "Enter" || event.key === " ") {
      this.choose(this.tiles.find(({ at }) => at === this.cursor));
    } else if (event.key in steps) {
      const [layer, head] = this.wall.chosen[this.index];
      const here = this.cursor ?? layer * this.side.heads + head;
      this.outline(this.beside(here, ...steps[event.key]));
      this.wall.speak(this.name(this.cursor) + (this.change ? ". " + this.effect(this.cursor) : ""));
    } else return;
    event.preventDefault();
    event.stopPropagation(); // Streamlit binds keys on the document
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

class Wall {
  constructor(root) {
    this.root = root;
    this.find = (selector) => root.querySelector(selector);
    this.active = 1;
    this.jump = -1;
  }

  load({ data, setStateValue, setTriggerValue }) {
    this.data = data;
    this.set = setStateValue;
    this.trigger = setTriggerValue;
    if (this.ones?.length !== data.sides.length) this.build();
    data.sides.forEach((side, i) => this.ones[i].load(side));
    if (data.jump !== this.jump) {
      this.chosen = data.chosen.map((head) => [...head]);
      this.jump = data.jump;
    }
    const { layers, heads } = data.sides[0];
    const possible = data.sides.every((side) => side.change);
    choices(this.find(".order"), data.orders, data.order);
    this.find(".order").options[2].disabled = !possible;
    const kinds = [["all", data.words.allKinds], ...data.kindNames];
    choices(this.find(".kind"), kinds, data.kind);
    choices(this.find(".compare"), data.compares, data.compare);
    this.find(".pairwise").hidden = !data.corresponds;
    this.find(".sink").checked = data.hideFirst;
    this.find(".headline").textContent = data.headline;
    this.draw();
  }

  build() {
    const { words } = this.data;
    this.ones = this.data.sides.map((_, i) => new One(this, i));
    this.active = this.ones.length - 1;
    this.jump = -1;
    this.find(".walls").replaceChildren(...this.ones.map((one) => one.root));
    const names = this.root.querySelectorAll(".options .name");
    [words.order, words.kind, words.compare, words.sinkHide].forEach((text, i) => (names[i].textContent = text));
    this.find(".keys").textContent = words.keys;
    this.find(".sink").parentElement.title = words.sinkHelp;
    for (const name of ["order", "kind", "compare"])
      this.find(`.${name}`).onchange = (event) => this.option(name, event.target.value);
    this.find(".sink").onchange = (event) => {
      this.data.hideFirst = event.target.checked;
      this.option("sink", event.target.checked ? "hidden" : "shown");
    };
    this.find(".enter").textContent = words.enter;
    this.find(".enter").onclick = () =>
      this.trigger("enter", this.told(this.active));
    const large = this.find(".large canvas");
    large.onpointermove = (event) => this.hover(event);
    large.onpointerleave = () => showTip(large, null, "");
    new ResizeObserver(() => {
      if (this.find(".walls").clientWidth !== this.width) this.draw();
    }).observe(this.find(".walls"));
  }

  // Drawn at once, and told to Python for the link.
  option(name, value) {
    if (name in this.data) this.data[name] = value;
    this.draw();
    this.set("option", [name, value]);
  }

  choose(index, layer, head) {
    this.active = index;
    this.chosen[index] = [layer, head];
    if (this.data.compare === "difference") this.chosen = this.chosen.map(() => [layer, head]);
    this.draw();
    this.set("head", this.told(index));
    this.speak(this.find(".which").textContent);
  }

  // The chosen head by its number in the model: a page of many layers begins with another one.
  told(index) {
    const { model, first } = this.data.sides[index];
    const [layer, head] = this.chosen[index];
    return [model, first + layer, head];
  }

  speak(text) {
    this.find(".spoken").textContent = text;
  }

  kindName(kind) {
    return this.data.kindNames.find(([name]) => name === kind)[1];
  }

  draw() {
    if (!this.data || !this.root.isConnected) return;
    this.width = this.find(".walls").clientWidth;
    const theme = themeOf(this.root);
    const { weights, signed, pattern } = this.data.colours;
    this.weight = ramp(weights[theme]);
    this.signed = ramp(signed[theme]);
    this.weightTable = table(this.weight);
    this.nothing = table(this.weight, 110)[0]; // a tile keeps its square where nothing is
    this.signedTable = table(this.signed);
    this.find(".wall").style.setProperty("--accent", pattern);
    this.ones.forEach((one) => one.draw());
    this.drawLarge(theme);
  }

  drawLarge(theme) {
    const { words, colours } = this.data;
    const one = this.ones[this.active];
    const [layer, head] = this.chosen[this.active];
    const at = layer * one.side.heads + head;
    const canvas = this.find(".large canvas");
    this.find(".which").replaceChildren(
      fill(words.which, { layer: one.side.first + layer, head }), el("small", "", one.side.model + (one.differs ? " " + words.minus : "")),
    );
    const colour = (value) =>
      Number.isNaN(value) ? null : one.differs ? this.signed((value / DIFFERENCE + 1) / 2) : this.weight(value);
    canvas.cellAt = tokenMap(canvas, {
      labels: one.side.tokens.map((_, i) => one.label(i, 12)),
      colour: (i, j) => (j > i ? null : colour(one.value(at, i, j))),
      most: 34,
    });
    canvas.setAttribute("aria-label", fill(words.largeAlt, { layer: one.side.first + layer, head, model: one.side.model }));
    const legend = this.find(".legend");
    legend.style.setProperty("--ramp", gradient(colours[one.differs ? "signed" : "weights"][theme]));
    const ends = one.differs ? [`−${DIFFERENCE}`, `+${DIFFERENCE}`] : ["0", "1"];
    legend.replaceChildren(ends[0], el("i"), el("span", "", ends[1]), words.hint);
    const shares = this.data.kindNames.slice(0, -1).map(([kind]) => [kind, one.score(kind, at)]);
    const told = shares.filter(([, share]) => share >= 0.1).map(([kind, share]) => `${this.data.shareNames[kind]} ${percent(share)}`);
    this.find(".kindline").textContent = `${this.kindName(one.side.kinds[at])}: ${told.join(", ")}.`;
    this.find(".effect").textContent = one.change ? one.effect(at) + "." : words.measuring;
  }

  hover(event) {
    const one = this.ones[this.active];
    const [layer, head] = this.chosen[this.active];
    const canvas = this.find(".large canvas");
    const [i, j] = canvas.cellAt(event) ?? [0, 1];
    const value = j > i ? NaN : one.value(layer * one.side.heads + head, i, j);
    const names = { query: one.label(i), key: one.label(j), value: value.toFixed(6) };
    showTip(canvas, event, Number.isNaN(value) ? "" : fill(this.data.words.cell, names));
  }
}

export default function (component) {
  const root = component.parentElement;
  if (!walls.has(root)) walls.set(root, new Wall(root));
  walls.get(root).load(component);
  return () => walls.delete(root);
}
