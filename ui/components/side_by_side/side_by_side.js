// @ts-check
// Two models beside each other. Everything drawn is a function of (data, step): `step` is the number
// of tokens processed.

import { gradient, ramp, themeOf } from "../lib/colour.js";
import { finder, onResize } from "../lib/dom.js";
import { asComponent } from "../lib/events.js";
import { fill } from "../lib/format.js";
import { Player } from "../lib/player.js";
import { Column } from "./column.js";

const PLAY_MS = 900;

export class SideBySide {
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
    if (!this.player) this.build();
    if (this.columns?.length !== data.sides.length) {
      this.columns = data.sides.map((_, i) => new Column(this, i));
      this.find(".sides").replaceChildren(...this.columns.map((column) => column.root));
    }
    data.sides.forEach((side, i) => this.columns[i].load(side));
    this.loadOptions(data);
    this.largestRate = Math.max(...data.sides.map((side) => side.nbytes[0]));
    this.player.load({
      first: 1,
      last: Math.min(...data.sides.map((side) => side.tokens.length)),
      step: data.step ?? data.sides[0].promptLength,
      jump: `${data.jump} ${data.prompt}`,
      mayGrow: data.mayGrow,
    });
    this.draw();
  }

  build() {
    const { words } = this.data;
    this.player = new Player(this.root, {
      interval: PLAY_MS,
      words,
      show: () => this.draw(),
      position: () => this.position(),
      report: (step) => this.tell("step", [step, this.data.subject]),
      more: (step) => this.tell("more", [step, this.data.subject]),
    });
    this.unwatch = onResize(this.find(".sides"), () => this.draw());
    this.buildOptions(words);
  }

  buildOptions(words) {
    const names = this.find(".options").querySelectorAll(".name");
    [words.lead, words.temperature, words.sinkHide].forEach((w, i) => (names[i].textContent = w));
    this.find(".keys").textContent = words.keys;
    const set = (name, value) => this.tell("option", [name, value]);
    const lead = this.find(".lead");
    lead.onchange = () => set("continuation", lead.value);
    const temperature = this.find(".temperature");
    temperature.title = words.temperatureHelp;
    temperature.oninput = () => this.showTemperature(Number(temperature.value));
    temperature.onchange = () => set("temperature", Number(temperature.value));
    this.find(".again").textContent = words.again;
    this.find(".again").onclick = () => set("seed", this.data.seed + 1);
    const sink = this.find(".sink");
    sink.parentElement.title = words.sinkHelp;
    sink.onchange = () => {
      this.data.hideFirst = sink.checked; // drawn at once, and told to Python for the link
      this.draw();
      set("first_token", sink.checked ? "hidden" : "shown");
    };
  }

  loadOptions(data) {
    const lead = this.find(".lead");
    lead.parentElement.hidden = data.leads.length < 2;
    lead.replaceChildren(...data.leads.map(([value, text]) => new Option(text, value)));
    lead.value = data.lead;
    this.find(".temperature").max = data.maxTemperature;
    this.find(".temperature").value = data.temperature;
    this.showTemperature(data.temperature);
    this.find(".sink").checked = data.hideFirst;
  }

  showTemperature(value) {
    this.find(".options").querySelector("output").textContent = value.toFixed(1);
    this.find(".again").hidden = value === 0;
  }

  chooseHead(index, layer, head) {
    this.tell("head", [this.data.sides[index].model, layer, head]);
  }

  draw() {
    const colours = this.data.colours[themeOf(this.root)];
    this.colour = ramp(colours);
    this.columns.forEach((column) => {
      column.legend.style.setProperty("--ramp", gradient(colours));
      column.draw(this.player.step);
    });
    this.player.draw();
    this.find(".spoken").textContent = this.columns
      .map(({ side, says }) => `${side.model}: ${says.textContent}`)
      .join(" ");
  }

  position() {
    const { words, sides } = this.data;
    const { step, last, asking, atEnd } = this.player;
    const phase = asking
      ? words.asking
      : atEnd
        ? words.end
        : step <= sides[0].promptLength
          ? words.reading
          : words.generating;
    return `${fill(words.position, { step, total: last })} · ${phase}`;
  }

  end() {
    this.player.end();
    this.unwatch();
  }
}

export default asComponent((root, tell) => new SideBySide(root, tell));
