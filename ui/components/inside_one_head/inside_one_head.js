// @ts-check
// One head, step by step. What is drawn is a function of (data, step). Each matrix is one element
// that lives as long as the data; from step to step it moves, and only what is new appears.

import { doubles, floats } from "../lib/arrays.js";
import { ramp, table, themeOf } from "../lib/colour.js";
import { choices, el, finder, numbers, onResize } from "../lib/dom.js";
import { asComponent } from "../lib/events.js";
import { fill } from "../lib/format.js";
import { calm, Player } from "../lib/player.js";
import { tokenLabel } from "../lib/tokens.js";
import { answer } from "./answer.js";
import { Matrix, ofTokens } from "./matrix.js";

const MOVE_MS = 650;
const PLAY_MS = 3200;
const TOKEN_PX = 22;
const LABEL_CHARACTERS = 11;
const ARROWS = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] };

export class InsideOneHead {
  /**
   * @param {ShadowRoot | HTMLElement} root
   * @param {import("../lib/events.js").Tell} tell
   */
  constructor(root, tell) {
    this.root = root;
    this.tell = tell;
    this.find = finder(root);
    /** @type {[string, number, number] | null} */
    this.selected = null; // the cell that is asked about: matrix, row, column
    this.query = 0; // the row that is followed
  }

  load(data) {
    const before = this.data;
    this.data = data;
    if (!before) this.build(data.words);
    this.matrices = Object.fromEntries(
      Object.entries(data.matrices).map(([name, matrix]) => [
        name,
        {
          ...matrix,
          values: matrix.wide ? doubles(matrix.data) : Float64Array.from(floats(matrix.data)),
        },
      ]),
    );
    /** @type {Map<string, Matrix>} */
    this.nodes = new Map();
    const sameText = before && before.tokens.join() === data.tokens.join();
    const last = data.tokens.length - 1;
    const there = data.query !== null && data.query >= (data.hideFirst ? 1 : 0) && data.query <= last;
    this.query = there ? data.query : last;
    const named = (one) => Object.keys(one.matrices).join();
    if (!sameText || named(before) !== named(data)) this.selected = null;
    this.player.load({ first: 1, last: data.scenes.length, step: data.step + 1, jump: data.jump });
    this.loadOptions(data);
    this.draw(false);
  }

  build(words) {
    this.player = new Player(this.root, {
      interval: PLAY_MS,
      words,
      show: () => this.go(),
      position: () =>
        fill(words.position, { step: this.player.step, total: this.data.scenes.length }),
      report: (step) => this.tell("step", [step - 1, this.data.subject]),
      keys: () => this.cellKeys(),
    });
    const names = this.root.querySelectorAll(".options .name");
    [words.attention, words.layer, words.head, words.query, words.biases, words.sinkHide].forEach(
      (text, i) => (names[i].textContent = text),
    );
    this.find(".keys").textContent = words.keys;
    this.find(".shelf h3").textContent = words.shelf;
    this.buildOptions();
    this.unwatch = onResize(this.find(".inside-one-head"), () => this.draw(false));
  }

  buildOptions() {
    const option = (name, value) => {
      this.draw(false);
      this.tell("option", [name, value]);
    };
    this.find(".attention").onchange = (event) =>
      this.tell("option", ["attention", event.target.value]);
    for (const name of ["layer", "head"])
      this.find(`.${name}`).onchange = () => {
        const [layer, head] = [".layer", ".head"].map((one) => Number(this.find(one).value));
        this.tell("head", [this.data.model, layer, head]);
      };
    this.find(".query").onchange = (event) => {
      this.query = Number(event.target.value);
      option("query", this.query);
    };
    this.find(".biases").onchange = (event) => {
      this.data.biases = event.target.checked;
      option("biases", this.data.biases ? "shown" : "hidden");
    };
    this.find(".sink").onchange = (event) => {
      this.data.hideFirst = event.target.checked;
      if (this.data.hideFirst && this.query === 0) this.query = this.data.tokens.length - 1;
      option("first_token", this.data.hideFirst ? "hidden" : "shown");
    };
  }

  loadOptions(data) {
    choices(this.find(".attention"), data.attentions, data.attention);
    this.find(".attention").parentElement.hidden = data.attentions.length < 2;
    choices(this.find(".layer"), numbers(data.layers), data.layer);
    choices(this.find(".head"), numbers(data.heads), data.head);
    const query = this.find(".query");
    query.replaceChildren(...data.tokens.map((_, i) => new Option(this.label(i), String(i))));
    query.value = this.query;
    this.find(".biases").checked = data.biases;
    this.find(".biases").parentElement.hidden = !data.hasBiases;
    this.find(".sink").checked = data.hideFirst;
    this.find(".source").textContent = data.source;
    this.find(".path").replaceChildren(
      ...data.scenes.map(({ short }, i) => {
        const item = el("li");
        const button = el("button", "", short);
        button.type = "button";
        button.onclick = () => this.player.go(i + 1);
        item.append(button);
        return item;
      }),
    );
  }

  // Shift and an arrow move the cell that is asked about.
  cellKeys() {
    if (!this.selected) return {};
    return Object.fromEntries(
      Object.entries(ARROWS).map(([key, [down, right]]) => [
        `Shift+${key}`,
        () => this.moveCell(down, right),
      ]),
    );
  }

  moveCell(down, right) {
    const [name, i, j] = this.selected;
    const { rows, columns } = this.matrices[name];
    const { flipped } = this.nodes.get(name); // drawn transposed: down is along the columns
    const [r, c] = flipped ? [i + right, j + down] : [i + down, j + right];
    this.ask(name, Math.min(Math.max(r, 0), rows - 1), Math.min(Math.max(c, 0), columns - 1));
  }

  label(i, most = LABEL_CHARACTERS) {
    return tokenLabel(this.data.tokens, i, most);
  }

  // How long an axis is drawn, in CSS pixels: the same wherever it appears.
  length(axis, count) {
    const wide = Math.max(110, Math.min(280, (this.width - 260) / 4));
    if (ofTokens(axis)) return Math.min(TOKEN_PX * count, 330);
    if (axis === "d" || axis === "hv") return wide;
    if (axis === "c" || axis === "q") return Math.max(40, Math.min(3 * count, wide * 0.75));
    if (axis === "") return 14;
    return Math.max(24, Math.min(4 * count, 128));
  }

  // The player is at another step, or at the same one again.
  go() {
    if (this.player.step === this.drawn) return;
    this.selected = null;
    this.draw(true);
  }

  draw(moving) {
    const { scenes, colours } = this.data;
    const now = this.player.step - 1;
    this.drawn = this.player.step;
    this.width = this.find(".scene").clientWidth || 1000;
    this.theme = themeOf(this.root);
    this.tables = Object.fromEntries(
      Object.entries(colours).map(([name, both]) => [name, table(ramp(both[this.theme]))]),
    );
    const scene = scenes[now];
    const before = moving ? this.boxes() : new Map();
    this.find(".scene").replaceChildren(...scene.lines.map((line) => this.line(line)));
    this.find(".kept").replaceChildren(
      ...scene.shelf.map((name) => this.node(name, "", true, false)),
    );
    this.find(".shelf").style.visibility = scene.shelf.length ? "visible" : "hidden";
    if (moving && !calm()) this.move(before);
    this.find(".telling h2").textContent = scene.title;
    this.find(".telling p").textContent = scene.text;
    [...this.find(".path").children].forEach(
      (item, i) => (item.className = i === now ? "now" : i < now ? "past" : ""),
    );
    this.player.draw();
    if (this.selected) this.ask(...this.selected);
    else this.drawAnswer();
  }

  node(name, mode, shelved, labelled) {
    if (!this.nodes.has(name)) this.nodes.set(name, new Matrix(this, name, this.matrices[name]));
    const node = this.nodes.get(name);
    node.unmark();
    node.place(mode, shelved, labelled);
    return node.root;
  }

  // An equation: names of matrices ("k:T" transposed, "q:row" one row), signs, ">arrows".
  line(items) {
    const row = el("div", "line");
    const bias = (item) => typeof item === "string" && item.startsWith("b_");
    const hidden = (item, k) =>
      !this.data.biases && (bias(item) || (item === "+" && bias(items[k + 1])));
    let labelled = false; // the rows of a line are the same tokens: the first matrix names them
    items.forEach((item, k) => {
      if (hidden(item, k)) return;
      const [name, mode] = item.split(":");
      if (name in this.matrices) {
        const tokens = mode !== "T" && ofTokens(this.matrices[name].axes[0]);
        row.append(this.node(name, mode, false, tokens && !labelled));
        labelled ||= tokens;
      } else if (item.startsWith(">")) row.append(el("span", "arrow", item.slice(1)));
      else row.append(el("span", "sign", item));
    });
    return row;
  }

  // Where each matrix stands now.
  boxes() {
    const there = [...this.nodes].filter(([, { root }]) => root.isConnected);
    return new Map(there.map(([name, { cells }]) => [name, cells.getBoundingClientRect()]));
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
      const [x, y] = [parent.left - to.left, parent.top - to.top];
      if (old && Math.abs(x) + Math.abs(y) < 1 && Math.abs(old.width - to.width) < 1) continue;
      const shape = old ? ` scale(${old.width / to.width}, ${old.height / to.height})` : "";
      root.style.transformOrigin = "0 0";
      root.animate(
        [
          { transform: `translate(${x}px, ${y}px)${shape}`, opacity: old ? 1 : 0 },
          { transform: "none", opacity: 1 },
        ],
        timing,
      );
    }
  }

  axisName(axis, k) {
    return ofTokens(axis) ? this.label(k, 30) : `${k}`;
  }

  cellName(name, i, j) {
    const { letter, axes } = this.matrices[name];
    const row = axes[0] === "" ? "" : `${this.axisName(axes[0], i)}, `;
    return `${letter}[${row}${this.axisName(axes[1], j)}]`;
  }

  // Marks a cell and what it was made of, and says how.
  ask(name, i, j) {
    this.selected = [name, i, j];
    for (const node of this.nodes.values()) node.unmark();
    const node = this.nodes.get(name);
    const { matrix } = node;
    node.mark(i, j, "cell");
    const wholeRow = [[i, null]];
    const operands = {
      product: [
        [i, null],
        [null, j],
      ],
      meeting: [
        [i, null],
        [j, null],
      ],
      softmax: wholeRow,
      rotated: wholeRow,
      layernorm: wholeRow,
      rmsnorm: wholeRow,
      beside: [],
    };
    const marks = operands[matrix.how] ?? matrix.of.map(() => [i, j]);
    matrix.of.forEach((other, k) => {
      const seen = this.nodes.get(other);
      if (seen?.root.isConnected && !seen.onShelf && marks[k]) seen.mark(...marks[k], "");
    });
    this.drawAnswer();
    this.find(".answer").scrollIntoView({ block: "nearest" });
  }

  // The answer panel: the chosen cell, or what there is to click.
  drawAnswer() {
    const { words } = this.data;
    this.find(".answer").replaceChildren(
      ...(this.selected
        ? answer(this, ...this.selected)
        : [el("h3", "", words.ask), el("p", "", words.askHint)]),
    );
  }

  end() {
    this.player.end();
    this.unwatch();
  }
}

export default asComponent((root, tell) => new InsideOneHead(root, tell));
