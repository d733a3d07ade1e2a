// One head, step by step. What is drawn is a function of (data, step): Next, Back, Play, the
// scrubber, a key and a link all set the same integer. Each matrix is one element that lives as
// long as the data; from step to step it moves, and only what is new appears.

const insides = new WeakMap();
const MOVE_MS = 650;
const PLAY_MS = 3200;
const TOKEN_PX = 22;
const SHELF = 0.42; // size of what is kept for later

class Matrix {
  constructor(stage, name, matrix) {
    Object.assign(this, { stage, name, matrix });
    this.root = el("figure", "matrix");
    this.root.style.setProperty("--colour", matrix.colour);
    const caption = el("figcaption");
    const size = fill(stage.data.words.size, matrix);
    this.letter = el("b", "", matrix.letter);
    this.size = el("small", "", size);
    caption.append(this.letter, this.size);
    this.columns = el("div", "columns");
    this.rows = el("div", "rows");
    this.cells = el("div", matrix.cached ? "cells cached" : "cells");
    this.canvas = el("canvas");
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", `${matrix.letter}, ${matrix.what}, ${size}`);
    this.cells.append(this.canvas);
    this.what = el("span", "what", matrix.what + (matrix.cached ? ` · ${stage.data.words.cached}` : ""));
    this.tip = el("div", "tip");
    this.root.append(el("span"), caption, el("span"), this.columns, this.rows, this.cells, el("span"), this.what, this.tip);
    this.cells.onclick = (event) => this.stage.ask(name, ...this.at(event));
    this.cells.onpointermove = (event) => this.hover(event);
    this.cells.onpointerleave = () => (this.tip.style.display = "none");
  }

  // Rows and columns that are drawn: without the first token where it is hidden.
  skipped(axis) {
    return this.stage.data.hideFirst && "st".includes(axis) && axis ? 1 : 0;
  }

  place(mode, shelved, labelled) {
    const { matrix, stage } = this;
    this.flipped = mode === "T"; // drawn transposed
    this.onShelf = shelved;
    const [rowAxis, columnAxis] = this.flipped ? [...matrix.axes].reverse() : matrix.axes;
    const [allRows, allColumns] = this.flipped ? [matrix.columns, matrix.rows] : [matrix.rows, matrix.columns];
    this.offset = [this.skipped(rowAxis), this.skipped(columnAxis)];
    this.count = [allRows - this.offset[0], allColumns - this.offset[1]];
    const zoom = shelved ? SHELF : 1;
    const [height, width] = [stage.length(rowAxis, this.count[0]) * zoom, stage.length(columnAxis, this.count[1]) * zoom];
    this.pixels = [height, width];
    this.cells.style.height = `${height}px`;
    this.cells.style.width = `${width}px`;
    this.letter.textContent = matrix.letter + (this.flipped ? "ᵀ" : "");
    this.size.textContent = fill(stage.data.words.size, { rows: allRows, columns: allColumns });
    const labels = (axis, count, offset) =>
      axis && "st".includes(axis) ? Array.from({ length: count }, (_, k) => stage.label(k + offset)) : [];
    this.rowLabels(labelled ? labels(rowAxis, this.count[0], this.offset[0]) : [], height);
    this.columnLabels(shelved ? [] : labels(columnAxis, this.count[1], this.offset[1]), width);
    this.veil(mode === "row");
    this.own(width / this.count[1]);
    this.paint();
  }

  rowLabels(labels, height) {
    this.rows.style.height = `${height + 4}px`;
    this.rows.style.gridTemplateRows = `repeat(${Math.max(1, labels.length)}, 1fr)`;
    const every = Math.ceil((LABEL_PX * labels.length) / height);
    this.rows.replaceChildren(...labels.map((text, i) => el("span", "", i % every ? "" : text)));
  }

  columnLabels(labels, width) {
    const every = Math.ceil((LABEL_PX * labels.length) / width);
    const kept = labels.map((text, i) => [text, i]).filter(([, i]) => i % every === 0);
    const longest = Math.max(0, ...kept.map(([text]) => text.length));
    this.columns.style.height = labels.length ? `${longest * 8.5 + 6}px` : "0";
    this.columns.replaceChildren(
      ...kept.map(([text, i]) => {
        const label = el("span", "", text);
        label.style.left = `${((i + 0.5) * width) / labels.length + 2}px`;
        return label;
      }),
    );
  }

  // This head's columns among those of all heads.
  own(step) {
    this.cells.querySelector(".own")?.remove();
    if (this.matrix.how !== "beside") return;
    const node = el("div", "own");
    node.style.left = `${this.matrix.offset * step}px`;
    node.style.width = `${this.stage.matrices[this.matrix.of[0]].columns * step}px`;
    this.cells.append(node);
  }

  // All rows but the query's are dimmed.
  veil(on) {
    this.cells.querySelectorAll(".veil").forEach((node) => node.remove());
    if (!on) return;
    const step = this.pixels[0] / this.count[0];
    const top = (this.stage.data.query - this.offset[0]) * step;
    for (const [from, height] of [[0, top], [top + step, this.pixels[0] - top - step]]) {
      const veil = el("div", "veil");
      veil.style.top = `${from}px`;
      veil.style.height = `${Math.max(0, height)}px`;
      this.cells.append(veil);
    }
  }

  paint() {
    const { matrix, stage, flipped, offset, count } = this;
    const key = [flipped, offset, stage.theme, ...this.pixels].join();
    if (this.painted === key) return;
    this.painted = key;
    const [rows, columns] = count;
    // at least one pixel a number; the browser makes it smaller where there are more than pixels
    const scale = window.devicePixelRatio || 1;
    this.canvas.width = Math.max(columns, Math.round(this.pixels[1] * scale));
    this.canvas.height = Math.max(rows, Math.round(this.pixels[0] * scale));
    const colours = stage.tables[matrix.scale];
    const sheet = sheetOf(rows, columns, (to) => {
      const [r, c] = [Math.floor(to / columns) + offset[0], (to % columns) + offset[1]];
      const [i, j] = flipped ? [c, r] : [r, c];
      const value = matrix.values[i * matrix.columns + j];
      if (Number.isNaN(value) || (matrix.how === "softmax" && j > i)) return 0;
      return colours[stepOf(matrix.scale === "weights" ? value : (value / matrix.most + 1) / 2)];
    });
    const context = this.canvas.getContext("2d");
    context.imageSmoothingEnabled = false;
    context.drawImage(sheet, 0, 0, this.canvas.width, this.canvas.height);
  }

  // The cell (i, j) of the matrix as it is, under the pointer.
  at(event) {
    const box = this.cells.getBoundingClientRect();
    const share = [(event.clientY - box.top - 2) / this.pixels[0], (event.clientX - box.left - 2) / this.pixels[1]];
    const [r, c] = share.map((x, k) => Math.min(this.count[k] - 1, Math.max(0, Math.floor(x * this.count[k]))) + this.offset[k]);
    return this.flipped ? [c, r] : [r, c];
  }

  hover(event) {
    if (this.onShelf) return;
    const [i, j] = this.at(event);
    const value = this.matrix.values[i * this.matrix.columns + j];
    this.tip.textContent = `${this.stage.cellName(this.name, i, j)} = ${Number.isNaN(value) ? "–" : shown(value)}`;
    this.tip.style.display = "block";
  }

  // A frame around rows r.. and columns c.. of the matrix as it is; null means all of them.
  mark(i, j, kind) {
    let [r, c] = this.flipped ? [j, i] : [i, j];
    const node = el("div", `mark ${kind}`);
    const step = this.pixels.map((x, k) => x / this.count[k]);
    const box = [r, c].map((at, k) => (at === null ? [0, this.pixels[k]] : [(at - this.offset[k]) * step[k], step[k]]));
    if (box.some(([from]) => from < 0)) return; // the hidden token
    node.style.top = `${box[0][0]}px`;
    node.style.height = `${box[0][1]}px`;
    node.style.left = `${box[1][0]}px`;
    node.style.width = `${box[1][1]}px`;
    this.cells.append(node);
  }

  unmark() {
    this.cells.querySelectorAll(".mark").forEach((node) => node.remove());
  }
}

class Inside {
  constructor(root) {
    this.root = root;
    this.find = (selector) => root.querySelector(selector);
    this.step = 0;
    this.jump = -1;
    this.place = new Later(root, () => this.set("stage", [this.step, this.data.subject]));
  }

  load({ data, setStateValue }) {
    const before = this.data;
    this.data = data;
    this.set = setStateValue;
    if (!before) this.build();
    this.matrices = {};
    for (const [name, matrix] of Object.entries(data.matrices))
      this.matrices[name] = { ...matrix, values: matrix.wide ? doubles(matrix.data) : Float64Array.from(floats(matrix.data)) };
    this.nodes = new Map();
    const sameText = before && before.tokens.join() === data.tokens.join();
    this.data.query = sameText ? before.query : data.tokens.length - 1;
    const known = before && before.scenes.length === data.scenes.length;
    this.selected = sameText && known ? this.selected : null;
    if (data.jump !== this.jump) {
      this.jump = data.jump;
      this.pause();
      this.step = data.step;
    }
    this.step = Math.min(this.step, data.scenes.length - 1);
    const numbers = (n) => Array.from({ length: n }, (_, i) => [i, i]);
    choices(this.find(".attention"), data.attentions, data.attention);
    this.find(".attention").parentElement.hidden = data.attentions.length < 2;
    choices(this.find(".layer"), numbers(data.layers), data.layer);
    choices(this.find(".head"), numbers(data.heads), data.head);
    this.find(".query").replaceChildren(...data.tokens.map((_, i) => new Option(this.label(i), i)));
    this.find(".query").value = this.data.query;
    this.find(".biases").checked = data.biases;
    this.find(".biases").parentElement.hidden = !data.hasBiases;
    this.find(".sink").checked = data.hideFirst;
    this.find(".source").textContent = data.source;
    this.find(".path").replaceChildren(
      ...data.scenes.map(({ short }, i) => {
        const item = el("li");
        const button = el("button", "", short);
        button.type = "button";
        button.onclick = () => this.go(i);
        item.append(button);
        return item;
      }),
    );
    this.draw(false);
  }

  build() {
    const { words } = this.data;
    const names = this.root.querySelectorAll(".options .name");
    [words.attention, words.layer, words.head, words.query, words.biases, words.sinkHide].forEach((text, i) => (names[i].textContent = text));
    this.find(".keys").textContent = words.keys;
    this.find(".shelf h3").textContent = words.shelf;
    this.find(".attention").onchange = (event) => this.set("option", ["attention", event.target.value]);
    for (const name of ["layer", "head"])
      this.find(`.${name}`).onchange = () =>
        this.set("head", [this.data.model, Number(this.find(".layer").value), Number(this.find(".head").value)]);
    this.find(".query").onchange = (event) => {
      this.data.query = Number(event.target.value);
      this.draw(false);
    };
    this.find(".biases").onchange = (event) => {
      this.data.biases = event.target.checked;
      this.draw(false);
      this.set("option", ["biases", this.data.biases ? "shown" : "hidden"]);
    };
    this.find(".sink").onchange = (event) => {
      this.data.hideFirst = event.target.checked;
      if (this.data.hideFirst && this.data.query === 0) this.data.query = this.data.tokens.length - 1;
      this.draw(false);
      this.set("option", ["sink", this.data.hideFirst ? "hidden" : "shown"]);
    };
    const button = (name, action) => {
      this.find(`.${name}`).textContent = words[name];
      this.find(`.${name}`).onclick = action;
    };
    button("back", () => this.go(this.step - 1));
    button("next", () => this.go(this.step + 1));
    button("play", () => (this.timer ? this.pause() : this.play()));
    const scrub = this.find(".scrub");
    scrub.setAttribute("aria-label", words.scrub);
    scrub.oninput = () => this.go(Number(scrub.value) - 1);
    this.find(".inside").onkeydown = (event) => this.key(event);
    new ResizeObserver(() => this.resized()).observe(this.root.querySelector(".inside"));
  }

  resized() {
    const width = this.find(".scene").clientWidth;
    if (width === this.width) return;
    this.draw(false);
  }

  key(event) {
    const moves = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] };
    if (event.shiftKey && this.selected)
      return onKey(event, Object.fromEntries(
        Object.entries(moves).map(([key, by]) => [key, () => this.moveCell(...by)]),
      ));
    onKey(event, {
      ArrowRight: () => this.go(this.step + 1),
      ArrowLeft: () => this.go(this.step - 1),
      Home: () => this.go(0),
      End: () => this.go(this.data.scenes.length - 1),
      " ": () => (this.timer ? this.pause() : this.play()),
    });
  }

  moveCell(down, right) {
    const [name, i, j] = this.selected;
    const { rows, columns } = this.matrices[name];
    const { flipped } = this.nodes.get(name); // drawn transposed: down is along the columns
    const [r, c] = flipped ? [i + right, j + down] : [i + down, j + right];
    this.ask(name, Math.min(Math.max(r, 0), rows - 1), Math.min(Math.max(c, 0), columns - 1));
  }

  go(step, playing = false) {
    if (!playing) this.pause();
    const to = Math.min(Math.max(0, step), this.data.scenes.length - 1);
    if (to === this.step) return;
    this.step = to;
    this.selected = null;
    this.draw(true);
    this.place.soon();
  }

  play() {
    if (this.step >= this.data.scenes.length - 1) this.step = -1;
    this.timer = setInterval(() => {
      if (this.step >= this.data.scenes.length - 1) return this.pause();
      this.go(this.step + 1, true);
    }, PLAY_MS);
    this.go(this.step + 1, true);
  }

  pause() {
    clearInterval(this.timer);
    this.timer = null;
    if (this.data) this.find(".play").textContent = this.data.words.play;
  }

  label(i, most = 11) {
    return shorten(`${i}·${this.data.tokens[i]}`, most);
  }

  // How long an axis is drawn, in CSS pixels: the same wherever it appears.
  length(axis, count) {
    const wide = Math.max(110, Math.min(280, (this.width - 260) / 4));
    if (axis && "st".includes(axis)) return Math.min(TOKEN_PX * count, 330);
    if (axis === "d" || axis === "hv") return wide;
    if (axis === "c" || axis === "q") return Math.max(40, Math.min(3 * count, wide * 0.75));
    if (axis === "") return 14;
    return Math.max(24, Math.min(4 * count, 128));
  }

  draw(moving) {
    if (!this.data || !this.root.isConnected) return;
    const { scenes, words, colours } = this.data;
    this.width = this.find(".scene").clientWidth || 1000;
    this.theme = themeOf(this.root);
    this.tables = Object.fromEntries(
      Object.entries(colours).map(([name, both]) => [name, table(ramp(both[this.theme]))]),
    );
    const scene = scenes[this.step];
    const before = moving ? this.boxes() : new Map();
    const lines = scene.lines.map((line) => this.line(line));
    this.find(".scene").replaceChildren(...lines);
    this.find(".kept").replaceChildren(...scene.shelf.map((name) => this.node(name, "", true, false)));
    this.find(".shelf").style.visibility = scene.shelf.length ? "visible" : "hidden";
    if (moving && !matchMedia("(prefers-reduced-motion: reduce)").matches) this.move(before);
    this.find(".telling h2").textContent = scene.title;
    this.find(".telling p").textContent = scene.text;
    [...this.find(".path").children].forEach((item, i) => (item.className = i === this.step ? "now" : i < this.step ? "past" : ""));
    const scrub = this.find(".scrub");
    scrub.max = scenes.length;
    scrub.value = this.step + 1;
    this.find(".back").disabled = this.step === 0;
    this.find(".next").disabled = this.step === scenes.length - 1;
    this.find(".play").textContent = this.timer ? words.pause : words.play;
    this.find(".position").textContent = fill(words.position, { step: this.step + 1, total: scenes.length });
    if (this.selected) this.ask(...this.selected);
    else this.tell();
  }

  node(name, mode, shelved, labelled) {
    if (!this.nodes.has(name)) this.nodes.set(name, new Matrix(this, name, this.matrices[name]));
    const node = this.nodes.get(name);
    node.unmark();
    node.place(mode, shelved, labelled);
    return node.root;
  }

  line(items) {
    const row = el("div", "line");
    const { biases } = this.data;
    let labelled = false; // the rows of a line are the same tokens: the first matrix names them
    items.forEach((item, k) => {
      const bias = (x) => typeof x === "string" && x.startsWith("b_");
      if (!biases && (bias(item) || (item === "+" && bias(items[k + 1])))) return;
      const [name, mode] = item.split(":");
      if (name in this.matrices) {
        const tokens = mode !== "T" && "st".includes(this.matrices[name].axes[0] || "-");
        row.append(this.node(name, mode, false, tokens && !labelled));
        labelled ||= tokens;
      }
      else if (item.startsWith(">")) row.append(el("span", "arrow", item.slice(1)));
      else row.append(el("span", "sign", item));
    });
    return row;
  }

  boxes() {
    return new Map([...this.nodes].filter(([, { root }]) => root.isConnected).map(([name, { cells }]) => [name, cells.getBoundingClientRect()]));
  }

  // What was there moves to its new place; what is new comes out of what it is made of.
  move(before) {
    const timing = { duration: MOVE_MS, easing: "cubic-bezier(.3,.1,.2,1)" };
    for (const [name, { root, cells, matrix }] of this.nodes) {
      if (!root.isConnected) continue;
      const to = cells.getBoundingClientRect();
      const old = before.get(name);
      const parent = old ?? matrix.of.map((other) => before.get(other)).find(Boolean);
      if (!parent) {
        root.animate([{ opacity: 0 }, { opacity: 1 }], timing);
        continue;
      }
      const x = parent.left - to.left;
      const y = parent.top - to.top;
      if (old && Math.abs(x) + Math.abs(y) < 1 && Math.abs(old.width - to.width) < 1) continue;
      const shape = old ? ` scale(${old.width / to.width}, ${old.height / to.height})` : "";
      root.style.transformOrigin = "0 0";
      root.animate(
        [{ transform: `translate(${x}px, ${y}px)${shape}`, opacity: old ? 1 : 0 }, { transform: "none", opacity: 1 }],
        timing,
      );
    }
  }

  axisName(axis, k) {
    return axis && "st".includes(axis) ? this.label(k, 30) : `${k}`;
  }

  cellName(name, i, j) {
    const { letter, axes } = this.matrices[name];
    const row = axes[0] === "" ? "" : `${this.axisName(axes[0], i)}, `;
    return `${letter}[${row}${this.axisName(axes[1], j)}]`;
  }

  ask(name, i, j) {
    this.selected = [name, i, j];
    for (const node of this.nodes.values()) node.unmark();
    const node = this.nodes.get(name);
    const { matrix } = node;
    node.mark(i, j, "cell");
    const operands = { product: [[i, null], [null, j]], meeting: [[i, null], [j, null]], softmax: [[i, null]], rotated: [[i, null]], layernorm: [[i, null]], rmsnorm: [[i, null]] };
    const marks = operands[matrix.how] ?? matrix.of.map(() => [i, j]);
    matrix.of.forEach((other, k) => {
      const seen = this.nodes.get(other);
      if (seen?.root.isConnected && !seen.onShelf && marks[k] && matrix.how !== "beside") seen.mark(...marks[k], "");
    });
    this.tell();
    this.find(".answer").scrollIntoView({ block: "nearest" });
  }

  // The answer panel: the chosen cell, or what there is to click.
  tell() {
    const panel = this.find(".answer");
    const { words } = this.data;
    if (!this.selected) return panel.replaceChildren(el("h3", "", words.ask), el("p", "", words.askHint));
    const [name, i, j] = this.selected;
    const matrix = this.matrices[name];
    const found = explain(this.matrices, name, i, j);
    const nodes = [el("h3", "", Number.isNaN(found.value) ? this.cellName(name, i, j) : `${this.cellName(name, i, j)} = ${shown(found.value)}`)];
    const say = (text) => nodes.push(el("p", "formula", text));
    const names = matrix.of.map((other) => this.matrices[other].letter);
    const values = Object.fromEntries(Object.entries(found).map(([key, x]) => [key, typeof x === "number" && !["keys", "column", "head"].includes(key) ? shown(x) : x]));
    const template = words.answers[found.how];
    say(fill(template, { ...values, a: names[0], b: names[1], c: names[2], layer: this.data.layer, what: matrix.what, count: found.products?.length, terms: found.terms?.map(shown).join(" + ").replaceAll("+ −", "− "), names: names.join(" + ") }));
    if (found.bias !== null && found.bias !== undefined && found.products) say(fill(words.answers.bias, values));
    if (found.products) {
      nodes.push(this.strips(found, names));
      const order = [...found.products.keys()].sort((a, b) => Math.abs(found.products[b]) - Math.abs(found.products[a])).slice(0, 4);
      const axis = this.matrices[matrix.of[0]].axes[1];
      say(words.largest + order.map((k) => `${this.axisName(axis, k)}: ${shown(found.left[k])} × ${shown(found.right[k])} = ${shown(found.products[k])}`).join("; "));
    }
    if (["raw", "content", "position_scores", "scores"].includes(name) && j <= i) {
      const [score, share] = ["scores", "pattern"].map((other) => explain(this.matrices, other, i, j).value);
      say(fill(words.onwards, { score: shown(score), share: shown(share) }));
    }
    panel.replaceChildren(...nodes);
  }

  // The two vectors and their products, as three rows of cells.
  strips({ left, right, products }, names) {
    const box = el("div", "strips");
    const colours = this.tables.signed;
    for (const [text, values] of [[names[0], left], [names[1], right], [this.data.words.products, products]]) {
      const most = largest(values);
      const canvas = cellsOf(values, values.length, colours, most);
      canvas.title = `±${shown(most)}`;
      box.append(el("span", "", text), canvas);
    }
    return box;
  }
}

export default function (component) {
  const root = component.parentElement;
  if (!insides.has(root)) insides.set(root, new Inside(root));
  insides.get(root).load(component);
  return () => {
    insides.get(root)?.pause();
    insides.get(root)?.place.end();
    insides.delete(root);
  };
}
