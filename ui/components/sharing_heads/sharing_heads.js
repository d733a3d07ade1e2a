// @ts-check
// Who shares keys and values with whom, what it costs and what it is worth.

import { ramp, table, themeOf } from "../lib/colour.js";
import { choices, finder, numbers, onResize } from "../lib/dom.js";
import { asComponent } from "../lib/events.js";
import { Card } from "./card.js";
import { Scatter } from "./scatter.js";

export class SharingHeads {
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
    if (!this.scatter) this.build(data.words);
    choices(this.find(".layer"), numbers(data.layers), data.layer);
    this.find(".headline").textContent = data.headline;
    this.find(".sharing-heads > .source").textContent = data.source;
    this.draw();
  }

  build(words) {
    this.find(".options .name").textContent = words.layer;
    this.find(".keys").textContent = words.same;
    this.find(".layer").onchange = (event) =>
      this.tell("option", ["layer", Number(event.target.value)]);
    this.find(".measured h2").textContent = words.scatter;
    this.find(".measured .about").textContent = words.scatterAbout;
    const choose = (model) => this.tell("option", ["point", model]);
    this.scatter = new Scatter(this.find(".plot"), words, choose);
    this.unwatch = onResize(this.find(".cards"), () => this.draw());
  }

  draw() {
    const { colours, cards, chosen, points } = this.data;
    this.weights = table(ramp(colours.weights[themeOf(this.root)]));
    this.find("section").style.setProperty("--accent", colours.latent);
    const drawn = cards.map((card) => new Card(card, this));
    const large = new Card(chosen, this);
    this.find(".cards").replaceChildren(...drawn.map(({ root }) => root));
    this.find(".chosen").replaceChildren(large.root);
    for (const card of [...drawn, large]) card.paint();
    const background = getComputedStyle(this.find("section"));
    const paper = background.getPropertyValue("--st-background-color");
    this.scatter.draw(points, chosen.model, paper);
  }

  end() {
    this.unwatch();
  }
}

export default asComponent((root, tell) => new SharingHeads(root, tell));
