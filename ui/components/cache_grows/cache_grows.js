// @ts-check
// A text that grows token by token, and its cache. Everything drawn is a function of (data, index):
// index 0 is the prefill, each further one a token. Nothing is computed here but sizes and sums.

import { sum } from "../lib/arrays.js";
import { mixed, ramp, table, themeOf } from "../lib/colour.js";
import { choices, el, finder, onResize } from "../lib/dom.js";
import { asComponent } from "../lib/events.js";
import { bytes, fill } from "../lib/format.js";
import { Player } from "../lib/player.js";
import { Column } from "./column.js";
import { Forgotten } from "./forgotten.js";
import { Laws } from "./laws.js";
import { squares } from "./squares.js";

const PLAY_MS = 1100;
const WIDEST_VALUE = 4; // bytes of a number in float32: what a cache can be kept in at most

export class CacheGrows {
  /**
   * @param {ShadowRoot | HTMLElement} root
   * @param {import("../lib/events.js").Tell} tell
   */
  constructor(root, tell) {
    this.root = root;
    this.tell = tell;
    this.find = finder(root);
    /** @type {Record<string, Uint32Array>} */
    this.tables = {};
  }

  load(data) {
    this.data = data;
    if (!this.player) this.build(data.words);
    if (this.columns?.length !== data.sides.length) {
      this.columns = data.sides.map((_, i) => new Column(this, i));
      this.find(".sides").replaceChildren(...this.columns.map((column) => column.root));
    }
    data.sides.forEach((side, i) => this.columns[i].load(side));
    this.widest = WIDEST_VALUE * Math.max(...data.sides.flatMap(({ parts }) => perLayer(parts)));
    this.loadOptions(data);
    this.forgotten.load(data.forget, data.sides);
    this.find(".squares").replaceChildren(...squares(data.jump_));
    this.find(".arithmetic").textContent = data.arithmetic;
    this.find(".source").textContent = data.source;
    const last = Math.min(...data.sides.map(({ steps }) => steps.tokens.length)) - 1;
    this.player.load({
      first: this.promptLength,
      last: this.promptLength + last,
      step: data.tokens ?? this.promptLength,
      jump: `${data.jump} ${data.prompt}`,
      mayGrow: data.mayGrow,
    });
    this.draw();
  }

  get promptLength() {
    return this.data.sides[0].steps.tokens[0];
  }

  get index() {
    return this.player.step - this.promptLength;
  }

  build(words) {
    this.player = new Player(this.root, {
      interval: PLAY_MS,
      words,
      show: () => this.draw(),
      position: () => this.position(),
      report: (step) => this.tell("step", [step, this.data.subject]),
      more: (step) => this.tell("more", [step, this.data.subject]),
    });
    this.buildOptions(words);
    for (const name of ["forget", "laws", "jump"]) {
      this.find(`.${name} h2`).textContent = words[name].title;
      this.find(`.${name} p`).textContent = words[name].about;
    }
    this.forgotten = new Forgotten(this.find(".forget"), words, (count) =>
      this.tell("option", ["forget", count]),
    );
    this.laws = new Laws(this.find(".laws"), words);
    this.unwatch = onResize(this.find(".sides"), () => this.draw());
  }

  buildOptions(words) {
    const option = (name, value) => this.tell("option", [name, value]);
    this.find(".keys").textContent = words.keys;
    const names = this.root.querySelectorAll(".options .name");
    [words.storage, words.temperature, words.topK].forEach(
      (text, i) => (names[i].textContent = text),
    );
    this.root
      .querySelectorAll(".memory span")
      .forEach((span, i) => (span.textContent = words.memory[i]));
    for (const radio of this.memory)
      radio.onchange = () => {
        this.data.cached = radio.value === "on"; // drawn at once, and told to Python for the link
        this.draw();
        option("cache", this.data.cached ? null : "off");
      };
    this.find(".storage").onchange = (event) => option("cache_dtype", event.target.value);
    const temperature = this.find(".temperature");
    temperature.oninput = () => this.showTemperature(Number(temperature.value));
    temperature.onchange = () => option("temperature", Number(temperature.value) || null);
    const topK = this.find(".top_k");
    topK.placeholder = words.all;
    topK.title = words.topKHelp;
    topK.onchange = () => {
      const k = Math.floor(Number(topK.value));
      option("top_k", k >= 1 ? k : null);
    };
    this.find(".again").textContent = words.again;
    this.find(".again").onclick = () => option("seed", this.data.seed + 1);
  }

  /** @returns {NodeListOf<HTMLInputElement>} */
  get memory() {
    return this.root.querySelectorAll(".memory input");
  }

  loadOptions(data) {
    for (const radio of this.memory) radio.checked = (radio.value === "on") === data.cached;
    choices(this.find(".storage"), Object.entries(data.storages), data.storage);
    this.find(".temperature").max = data.maxTemperature;
    this.find(".temperature").value = data.temperature;
    this.showTemperature(data.temperature);
    this.find(".top_k").value = data.topK ?? "";
    this.find(".again").hidden = data.temperature === 0;
  }

  showTemperature(value) {
    this.find(".temperature").nextElementSibling.textContent = value.toFixed(1);
  }

  /**
   * Shades of a part of the cache, for numbers that were computed now.
   * @param {string} colour
   */
  table(colour) {
    const theme = themeOf(this.root);
    const faint = mixed(this.data.colours.weights[theme][0], colour, 0.3);
    const strong = mixed(colour, theme === "dark" ? "#ffffff" : "#000000", 0.35);
    return (this.tables[theme + colour] ??= table(ramp([faint, colour, strong])));
  }

  draw() {
    const { colours, sides } = this.data;
    const theme = themeOf(this.root);
    this.signed = table(ramp(colours.signed[theme]));
    this.weights = table(ramp(colours.weights[theme]));
    this.grey = table(ramp(colours.grey[theme]));
    this.find(".cache-grows").style.setProperty("--accent", sides[0].colour);
    this.drawLegend(theme);
    this.columns.forEach((column) => column.draw());
    this.drawHeadline();
    this.player.draw();
    this.forgotten.draw(sides);
    this.laws.draw(this.data);
  }

  drawLegend(theme) {
    const { words, colours } = this.data;
    const swatches = [
      ["computed", `linear-gradient(90deg, ${colours.signed[theme]})`, ""],
      ["read", colours.grey[theme][1], ""],
      ["written", "transparent", "currentColor"],
    ];
    this.find(".options .legend").replaceChildren(
      ...swatches.map(([name, swatch, edge]) => {
        const item = el("b", "", words.legend[name]);
        item.style.setProperty("--swatch", swatch);
        if (edge) item.style.setProperty("--edge", edge);
        return item;
      }),
    );
  }

  drawHeadline() {
    const { words, sides, cached } = this.data;
    const i = this.index;
    const { tokens } = sides[0].steps;
    const ratio = ({ steps }) => sum(steps.macsFull, i + 1) / sum(steps.macs, i + 1);
    const form = i === 0 ? "prefill" : cached ? "decode" : "again";
    const headline = fill(words.headline[form], {
      tokens: tokens[i],
      kept: tokens[i] - 1,
      prompt: tokens[0],
      read: sides
        .map(({ model, steps }) => `${bytes(steps.read[i])} (${model})`)
        .join(words.and),
      work: sides
        .map((side) => `${ratio(side).toFixed(1)} times (${side.model})`)
        .join(words.and),
    });
    this.find(".spoken").textContent = headline;
    const why = form === "decode" ? this.data.pace : "";
    this.find(".headline").textContent = [headline, why].filter(Boolean).join(" ");
  }

  position() {
    const { words } = this.data;
    const { asking, atEnd, step } = this.player;
    const phase =
      asking ? words.asking
      : atEnd ? words.end
      : this.index ? words.decode
      : words.prefill;
    return fill(words.position, { tokens: step, phase });
  }

  end() {
    this.player.end();
    this.unwatch();
  }
}

/** Numbers that a token leaves in the cache, layer by layer. */
function perLayer(parts) {
  return parts[0].widths.map((_, layer) => sum(parts.map(({ widths }) => widths[layer])));
}

export default asComponent((root, tell) => new CacheGrows(root, tell));
