// @ts-check
// All heads of two models as one picture each, and the chosen one large. What is chosen is drawn at
// once; Python hears of it for the link.

import { gradient, ramp, signedShare, table, themeOf } from "../lib/colour.js";
import { choices, el, finder, onResize, tips } from "../lib/dom.js";
import { asComponent } from "../lib/events.js";
import { fill } from "../lib/format.js";
import { tokenMap } from "../lib/heatmap.js";
import { Keys } from "../lib/keys.js";
import { DIFFERENCE, HeadGrid } from "./head_grid.js";

const LARGE_CELL_PX = 34;

export class EveryHead {
  /**
   * @param {ShadowRoot | HTMLElement} root
   * @param {import("../lib/events.js").Tell} tell
   */
  constructor(root, tell) {
    this.root = root;
    this.tell = tell;
    this.find = finder(root);
    this.active = 1; // whose head is shown large
    this.keyed = 1; // whose tiles the arrow keys move over
    this.jump = -1;
    /** @type {HeadGrid[]} */
    this.grids = [];
    /** @type {[number, number][]} */
    this.chosen = [];
  }

  load(data) {
    if (!this.data) this.build(data.words);
    this.data = data;
    if (this.grids.length !== data.sides.length) {
      this.grids = data.sides.map((_, i) => new HeadGrid(this, i));
      this.active = this.keyed = this.grids.length - 1;
      this.jump = -1;
      this.find(".grids").replaceChildren(...this.grids.map((grid) => grid.root));
    }
    data.sides.forEach((side, i) => this.grids[i].load(side));
    if (data.jump !== this.jump) {
      this.chosen = data.chosen.map((head) => [...head]);
      this.jump = data.jump;
    }
    choices(this.find(".order"), data.orders, data.order);
    this.find(".order").options[2].disabled = !data.sides.every((side) => side.change);
    choices(this.find(".kind"), [["all", data.words.allKinds], ...data.kindNames], data.kind);
    choices(this.find(".compare"), data.compares, data.compare);
    this.find(".pairwise").hidden = !data.corresponds;
    this.find(".sink").checked = data.hideFirst;
    this.find(".headline").textContent = data.headline;
    this.draw();
  }

  build(words) {
    const names = this.root.querySelectorAll(".options .name");
    [words.order, words.kind, words.compare, words.sinkHide].forEach(
      (text, i) => (names[i].textContent = text),
    );
    this.find(".keys").textContent = words.keys;
    this.find(".sink").parentElement.title = words.sinkHelp;
    for (const name of ["order", "kind", "compare"])
      this.find(`.${name}`).onchange = (event) => {
        this.data[name] = event.target.value;
        this.option(name, event.target.value);
      };
    this.find(".sink").onchange = (event) => {
      this.data.hideFirst = event.target.checked;
      this.option("first_token", event.target.checked ? "hidden" : "shown");
    };
    this.find(".enter").textContent = words.enter;
    this.find(".enter").onclick = () => this.tell("enter", this.told(this.active));
    tips(this.find(".large canvas"), (event) => this.cell(event));
    this.unwatch = onResize(this.find(".grids"), () => this.draw());
    this.keys = new Keys(this.root, () => this.actions());
  }

  actions() {
    const grid = this.grids[this.keyed];
    const choose = () => grid.choose(grid.cursor);
    return {
      ArrowRight: () => grid.move(1, 0),
      ArrowLeft: () => grid.move(-1, 0),
      ArrowDown: () => grid.move(0, 1),
      ArrowUp: () => grid.move(0, -1),
      ...(grid.cursor === null ? {} : { Enter: choose, " ": choose }),
    };
  }

  /** Drawn at once, and told to Python for the link. */
  option(name, value) {
    this.draw();
    this.tell("option", [name, value]);
  }

  turnTo(index) {
    this.keyed = index;
  }

  choose(index, layer, head) {
    this.active = this.keyed = index;
    this.chosen[index] = [layer, head];
    if (this.data.compare === "difference") this.chosen = this.chosen.map(() => [layer, head]);
    this.draw();
    this.tell("head", this.told(index));
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
    const theme = themeOf(this.root);
    const { weights, signed, pattern } = this.data.colours;
    this.weight = ramp(weights[theme]);
    this.signed = ramp(signed[theme]);
    this.weightTable = table(this.weight);
    this.nothing = table(this.weight, 110)[0]; // a tile keeps its square where nothing is
    this.signedTable = table(this.signed);
    this.find(".every-head").style.setProperty("--accent", pattern);
    this.grids.forEach((grid) => grid.draw());
    this.drawLarge(theme);
  }

  drawLarge(theme) {
    const { words, colours } = this.data;
    const grid = this.grids[this.active];
    const { chosen: at, side, differs } = grid;
    const head = { layer: side.first + this.chosen[this.active][0], head: at % side.heads };
    const canvas = this.find(".large canvas");
    const model = side.model + (differs ? " " + words.minus : "");
    this.find(".which").replaceChildren(fill(words.which, head), el("small", "", model));
    const colour = differs ? (x) => this.signed(signedShare(x, DIFFERENCE)) : this.weight;
    this.cellAt = tokenMap(canvas, {
      labels: side.tokens.map((_, i) => grid.label(i, 12)),
      colour: (i, j) => {
        const value = j > i ? NaN : grid.value(at, i, j);
        return Number.isNaN(value) ? null : colour(value);
      },
      most: LARGE_CELL_PX,
    });
    canvas.setAttribute("aria-label", fill(words.largeAlt, { ...head, model: side.model }));
    const legend = this.find(".legend");
    legend.style.setProperty("--ramp", gradient(colours[differs ? "signed" : "weights"][theme]));
    const ends = differs ? [`−${DIFFERENCE}`, `+${DIFFERENCE}`] : ["0", "1"];
    legend.replaceChildren(ends[0], el("i"), el("span", "", ends[1]), words.hint);
    const kind = this.kindName(side.kinds[at]);
    this.find(".kindline").textContent = `${kind}: ${grid.shares(at).join(", ")}.`;
    this.find(".effect").textContent = grid.change ? grid.effect(at) + "." : words.measuring;
  }

  cell(event) {
    const grid = this.grids[this.active];
    const [i, j] = this.cellAt(event) ?? [0, 1];
    const value = j > i ? NaN : grid.value(grid.chosen, i, j);
    if (Number.isNaN(value)) return "";
    const names = { query: grid.label(i), key: grid.label(j), value: value.toFixed(6) };
    return fill(this.data.words.cell, names);
  }

  end() {
    this.keys.end();
    this.unwatch();
  }
}

export default asComponent((root, tell) => new EveryHead(root, tell));
