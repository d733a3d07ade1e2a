// @ts-check
// The two decode paths of one layer: what each reads and forms, how both grow, and the algebra.

import { floats } from "../lib/arrays.js";
import { ramp, table, themeOf } from "../lib/colour.js";
import { choices, el, finder, numbers, onResize } from "../lib/dom.js";
import { asComponent } from "../lib/events.js";
import { whole } from "../lib/format.js";
import { tokenLabel } from "../lib/tokens.js";
import { Growth } from "./growth.js";
import { steps } from "./steps.js";

export class Absorption {
  /**
   * @param {ShadowRoot | HTMLElement} root
   * @param {import("../lib/events.js").Tell} tell
   */
  constructor(root, tell) {
    this.root = root;
    this.tell = tell;
    this.find = finder(root);
    this.key = 0; // the token that the check of the scores is made for
  }

  load(data) {
    this.data = data;
    if (!this.growth) this.build(data.words);
    this.arrays = Object.fromEntries(
      Object.entries(data.arrays).map(([name, values]) => [name, floats(values)]),
    );
    this.key = data.key;
    choices(this.find(".layer"), numbers(data.layers), data.layer);
    choices(this.find(".head"), numbers(data.heads), data.head);
    const key = this.find(".key");
    const label = (i) => new Option(tokenLabel(data.tokens, i), String(i));
    key.replaceChildren(...data.tokens.map((_, i) => label(i)));
    key.value = this.key;
    this.find(".headline").textContent = data.headline;
    this.find(".source").textContent = data.source;
    this.growth.load(data);
    this.draw();
  }

  build(words) {
    const names = this.root.querySelectorAll(".options .name");
    [words.layer, words.head, words.key].forEach((text, i) => (names[i].textContent = text));
    for (const name of ["layer", "head"])
      this.find(`.${name}`).onchange = () => {
        const [layer, head] = [".layer", ".head"].map((one) => Number(this.find(one).value));
        this.tell("head", [this.data.model, layer, head]);
      };
    this.find(".key").onchange = (event) => {
      this.key = Number(event.target.value);
      this.drawSteps();
      this.tell("option", ["key", this.key]);
    };
    this.find(".algebra").textContent = words.algebra;
    this.growth = new Growth(this.root, words, this.tell);
    this.unwatch = onResize(this.find(".growth"), () => this.draw());
  }

  draw() {
    const { signed, latent } = this.data.colours;
    this.signed = table(ramp(signed[themeOf(this.root)]));
    this.find(".absorption").style.setProperty("--accent", latent);
    this.find(".paths").replaceChildren(...paths(this.data.ways));
    this.growth.draw();
    this.drawSteps();
  }

  drawSteps() {
    this.find(".steps").replaceChildren(
      ...steps(this.data, this.arrays, this.key, this.signed),
    );
  }

  end() {
    this.growth.end();
    this.unwatch();
  }
}

/** Each way as a list: what it does, how much of it, drawn to one scale on both sides. */
function paths(ways) {
  const most = Math.max(...ways.flatMap(({ rows }) => rows.map(({ count }) => count)));
  return ways.map(({ title, about, colour, rows, total }) => {
    const card = el("article", "way");
    card.style.setProperty("--way", colour);
    const flow = el("div", "flow");
    for (const row of rows) {
      const bar = el("span", "block");
      bar.style.width = `${(100 * row.count) / most}%`;
      bar.style.setProperty("--block", row.colour);
      flow.append(el("span", "", row.text), bar, el("span", "", whole(row.count)));
    }
    card.append(el("h2", "", title), el("p", "", about), flow, el("p", "total", total));
    return card;
  });
}

export default asComponent((root, tell) => new Absorption(root, tell));
