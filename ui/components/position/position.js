// @ts-check
// Where order comes in: a head's scores in two parts, the text at other positions, and what RoPE on
// the whole key would do to absorption. All runs lie here; the slider chooses among them.

import { ramp, signedShare, table, themeOf } from "../lib/colour.js";
import { Dial } from "../lib/dial.js";
import { choices, el, finder, numbers, onResize, picture, tips } from "../lib/dom.js";
import { asComponent } from "../lib/events.js";
import { fill, minus } from "../lib/format.js";
import { tokenMap } from "../lib/heatmap.js";
import { tokenLabel } from "../lib/tokens.js";
import { Moved } from "./moved.js";
import { parts } from "./parts.js";
import { demonstration } from "./entangled.js";

const LABEL_CHARACTERS = 11;
const TIP_CHARACTERS = 40;
const CELL_PX = 26;

export class Position {
  /**
   * @param {ShadowRoot | HTMLElement} root
   * @param {import("../lib/events.js").Tell} tell
   */
  constructor(root, tell) {
    this.root = root;
    this.tell = tell;
    this.find = finder(root);
  }

  load(data) {
    this.data = data;
    if (!this.dial) this.build(data.words);
    this.moved = data.sides.map((side) => new Moved(side, data.tokens.length));
    choices(this.find(".layer"), numbers(data.layers), data.layer);
    choices(this.find(".head"), numbers(data.heads), data.head);
    this.find(".sink").checked = data.hideFirst;
    this.find(".off").checked = !data.positions;
    this.dial.input.max = String(data.shifts.length - 1);
    this.dial.load(data.shift);
    this.find(".headline").textContent = data.headline;
    this.find(".source").textContent = data.source;
    this.find(".why").hidden = !data.entangled;
    this.draw();
  }

  build(words) {
    const names = this.root.querySelectorAll(".options .name");
    [words.layer, words.head, words.sinkHide].forEach(
      (text, i) => (names[i].textContent = text),
    );
    this.find(".move h2").textContent = words.move;
    this.find(".why h2").textContent = words.why;
    this.find(".why p").textContent = words.whyAbout;
    this.find(".dial label span").textContent = words.off;
    this.find(".shift").setAttribute("aria-label", words.move);
    this.buildOptions();
    this.unwatch = onResize(this.find("section"), () => this.draw());
  }

  buildOptions() {
    const option = (name, value) => this.tell("option", [name, value]);
    for (const name of ["layer", "head"])
      this.find(`.${name}`).onchange = () => {
        const [layer, head] = [".layer", ".head"].map((one) => Number(this.find(one).value));
        this.tell("head", [this.data.model, layer, head]);
      };
    this.find(".sink").onchange = (event) => {
      this.data.hideFirst = event.target.checked; // drawn at once, and told for the link
      this.draw();
      option("first_token", this.data.hideFirst ? "hidden" : "shown");
    };
    const setPositions = (/** @type {boolean} */ on) => {
      this.data.positions = on;
      this.find(".off").checked = !on;
      option("positions", on ? "on" : "off");
    };
    this.find(".off").onchange = (event) => {
      setPositions(!event.target.checked);
      this.drawMoved();
    };
    this.dial = new Dial(this.root, this.find(".shift"), {
      valueAt: (place) => this.data.shifts[place],
      placeOf: (shift) => nearest(this.data.shifts, shift),
      show: () => {
        if (!this.data.positions) setPositions(true); // moved positions are positions
        this.drawMoved();
      },
      report: (shift) => option("shift", shift),
    });
  }

  /** Rows and columns that are drawn, as token numbers. */
  get tokens() {
    return [...this.data.tokens.keys()].slice(this.data.hideFirst ? 1 : 0);
  }

  label(i, most = LABEL_CHARACTERS) {
    return tokenLabel(this.data.tokens, i, most);
  }

  /**
   * A map of signed scores: the lower triangle, with values under the pointer. It is painted when
   * it has its place on the page.
   */
  map(values, most, name) {
    const { frame, canvas } = picture(name);
    const { tokens } = this;
    const n = this.data.tokens.length;
    let cellAt = (_) => null;
    const paint = () => {
      const share = (i, j) => signedShare(values[tokens[i] * n + tokens[j]], most);
      cellAt = tokenMap(canvas, {
        labels: tokens.map((i) => this.label(i)),
        colour: (i, j) => (j > i ? null : this.signed(share(i, j))),
        most: CELL_PX,
      });
    };
    tips(canvas, (event) => {
      const [i, j] = cellAt(event) ?? [0, 1];
      if (j > i) return "";
      const [query, key] = [tokens[i], tokens[j]];
      return fill(this.data.words.cell, {
        query: this.label(query, TIP_CHARACTERS),
        key: this.label(key, TIP_CHARACTERS),
        value: minus(values[query * n + key].toFixed(4)),
      });
    });
    return { frame, paint };
  }

  draw() {
    const { colours, entangled } = this.data;
    this.signed = ramp(colours.signed[themeOf(this.root)]);
    this.signedTable = table(this.signed);
    this.find("section").style.setProperty("--accent", colours.rope);
    const { nodes, maps } = parts(this);
    const host = this.find(".sum");
    host.className = maps.length > 1 ? "sum" : "sum one";
    host.replaceChildren(...nodes);
    maps.forEach(({ paint }) => paint());
    this.drawMoved();
    if (entangled) this.find(".demonstration").replaceChildren(...demonstration(this));
  }

  drawMoved() {
    const { words, shifts, tokens, positions } = this.data;
    const place = nearest(shifts, this.dial.value);
    const shift = shifts[place];
    const moved = { shift, from: shift, to: shift + tokens.length - 1 };
    const told = positions ? fill(words.shiftSays, moved) : words.offSays;
    this.find(".move output").textContent = told;
    this.dial.input.value = String(place);
    this.dial.input.setAttribute("aria-valuetext", told);
    const drawn = this.moved.map((one) => one.drawn(this, positions ? place : null, shift));
    this.find(".both").replaceChildren(...drawn.map(({ root }) => root));
    drawn.forEach(({ paint }) => paint());
  }

  end() {
    this.dial.end();
    this.unwatch();
  }
}

/**
 * The place of the number that is nearest.
 * @param {number[]} all
 * @param {number} number
 */
function nearest(all, number) {
  const away = all.map((one) => Math.abs(one - number));
  return away.indexOf(Math.min(...away));
}

export default asComponent((root, tell) => new Position(root, tell));
