// A text that grows token by token, and its cache. Everything drawn is a function of (data, index):
// index 0 is the prefill, each further one a token. Nothing is computed here but sizes and sums.

const pages = new WeakMap();
const PLAY_MS = 1100;
const LAWS_PX = 250;

class Growth {
  constructor(root) {
    this.root = root;
    this.find = (selector) => root.querySelector(selector);
    this.jump = -1;
    this.place = new Later(root, () => this.report("tokens", [this.promptLength + this.index, this.data.subject]));
  }

  load({ data, setStateValue, setTriggerValue }) {
    const before = this.data;
    this.data = data;
    this.report = setStateValue;
    this.set = setTriggerValue;
    this.cached = data.cached;
    if (this.sides?.length !== data.sides.length) this.build();
    data.sides.forEach((side, i) => this.sides[i].load(side));
    this.widest = Math.max(...data.sides.map(({ parts }) =>
      4 * Math.max(...parts[0].widths.map((_, i) => parts.reduce((w, part) => w + part.widths[i], 0)))));
    const steps = data.sides.map(({ steps }) => steps.tokens.length);
    this.count = Math.min(...steps);
    if (data.jump !== this.jump || !before || data.prompt !== before.prompt) {
      this.pause();
      this.jump = data.jump;
      this.index = data.tokens === null ? 0 : data.tokens - this.promptLength;
    } else if (this.asking && this.count > this.index + 1) this.index += 1;
    this.asking = false;
    this.index = Math.min(Math.max(this.index, 0), this.count - 1);
    for (const radio of this.root.querySelectorAll(".memory input")) radio.checked = (radio.value === "on") === this.cached;
    this.find(".storage").value = data.storage;
    this.find(".temperature").value = data.temperature;
    this.find(".temperature").nextElementSibling.textContent = data.temperature.toFixed(1);
    this.find(".top_k").value = data.topK ?? "";
    this.find(".again").hidden = data.temperature === 0;
    this.find(".source").textContent = data.source;
    this.draw();
  }

  get promptLength() {
    return this.data.sides[0].steps.tokens[0];
  }

  build() {
    const { data } = this;
    const { words } = data;
    this.sides = data.sides.map((_, i) => new Side(this, i));
    this.find(".sides").replaceChildren(...this.sides.map((side) => side.root));
    const option = (name, value) => this.set("option", [name, value]);
    this.root.querySelectorAll(".memory span").forEach((span, i) => (span.textContent = words.memory[i]));
    for (const radio of this.root.querySelectorAll(".memory input"))
      radio.onchange = () => {
        this.cached = radio.value === "on";
        this.draw();
        option("cache", this.cached ? null : "off");
      };
    const names = this.root.querySelectorAll(".options .name");
    [words.storage, words.temperature, words.topK].forEach((text, i) => (names[i].textContent = text));
    choices(this.find(".storage"), Object.entries(data.storages), data.storage);
    this.find(".storage").onchange = (event) => option("storage", event.target.value);
    const temperature = this.find(".temperature");
    temperature.max = data.maxTemperature;
    temperature.oninput = () => (temperature.nextElementSibling.textContent = Number(temperature.value).toFixed(1));
    temperature.onchange = () => option("temperature", Number(temperature.value) || null);
    temperature.onkeydown = (event) => event.stopPropagation();
    const topK = this.find(".top_k");
    topK.placeholder = words.all;
    topK.title = words.topKHelp;
    topK.onchange = () => {
      const k = Math.floor(Number(topK.value));
      option("top_k", k >= 1 ? k : null);
    };
    topK.onkeydown = (event) => event.stopPropagation();
    this.find(".again").textContent = words.again;
    this.find(".again").onclick = () => option("seed", this.data.seed + 1);
    this.find(".keys").textContent = words.keys;
    const button = (name, action) => {
      this.find("." + name).textContent = words[name];
      this.find("." + name).onclick = action;
    };
    button("reset", () => this.go(0));
    button("back", () => this.go(this.index - 1));
    button("play", () => (this.timer ? this.pause() : this.play()));
    button("next", () => this.forward());
    const scrub = this.find(".scrub");
    scrub.setAttribute("aria-label", words.scrub);
    scrub.oninput = () => this.go(Number(scrub.value) - this.promptLength);
    this.find(".growth").onkeydown = (event) =>
      onKey(event, {
        ArrowRight: () => this.forward(),
        ArrowLeft: () => this.go(this.index - 1),
        Home: () => this.go(0),
        End: () => this.go(this.count - 1),
        " ": () => (this.timer ? this.pause() : this.play()),
      });
    const title = (name) => {
      this.find(`.${name} h2`).textContent = words[name].title;
      this.find(`.${name} p`).textContent = words[name].about;
    };
    ["forget", "laws", "jump"].forEach(title);
    const cut = this.find(".forget input");
    cut.setAttribute("aria-label", words.forget.title);
    cut.oninput = () => this.drawForgotten();
    cut.onkeydown = (event) => event.stopPropagation();
    this.find(".laws canvas").onpointermove = (event) => showTip(event.target, event, this.lawAt(event));
    this.find(".laws canvas").onpointerleave = (event) => showTip(event.target, event, "");
    const most = Math.max(...data.jump_.map(({ bytes }) => bytes));
    this.find(".squares").replaceChildren(
      ...data.jump_.map(({ name, bytes: size, told, colour }) => {
        const figure = el("figure");
        const square = el("i");
        const side = 150 * Math.sqrt(size / most);
        Object.assign(square.style, { width: `${side}px`, height: `${side}px` });
        square.style.setProperty("--square", colour);
        figure.append(square, el("b", "", told), el("br"), name);
        return figure;
      }),
    );
    this.find(".arithmetic").textContent = data.arithmetic;
    new ResizeObserver(() => this.draw()).observe(this.find(".sides"));
  }

  table(colour) {
    const theme = themeOf(this.root);
    const [from, to] = [this.data.colours.weights[theme][0], colour];
    this.tables ??= {};
    return (this.tables[theme + colour] ??= table(ramp([mixed(from, to, 0.3), to, mixed(to, theme === "dark" ? "#ffffff" : "#000000", 0.35)])));
  }

  draw() {
    if (!this.data || !this.root.isConnected || this.index === undefined) return;
    const { words, colours } = this.data;
    const theme = themeOf(this.root);
    this.signed = table(ramp(colours.signed[theme]));
    this.weights = table(ramp(colours.weights[theme]));
    this.grey = table(ramp(colours.grey[theme]));
    this.find(".growth").style.setProperty("--accent", this.data.sides[0].colour);
    const swatches = [["computed", `linear-gradient(90deg, ${colours.signed[theme]})`, ""], ["read", colours.grey[theme][1], ""], ["written", "transparent", "currentColor"]];
    this.find(".options .legend").replaceChildren(
      ...swatches.map(([name, swatch, edge]) => {
        const item = el("b", "", words.legend[name]);
        item.style.setProperty("--swatch", swatch);
        if (edge) item.style.setProperty("--edge", edge);
        return item;
      }),
    );
    this.sides.forEach((side) => side.draw());
    this.drawHeadline();
    this.drawPosition();
    this.drawForgotten();
    this.drawLaws();
  }

  drawHeadline() {
    const { words, sides } = this.data;
    const i = this.index;
    const { tokens } = sides[0].steps;
    const ratio = ({ steps }) => (sum(steps.macsFull, i + 1) / sum(steps.macs, i + 1)).toFixed(1);
    const values = {
      tokens: tokens[i], kept: tokens[i] - 1, prompt: tokens[0],
      read: sides.map(({ model, steps }) => `${bytes(steps.read[i])} (${model})`).join(words.and),
      work: sides.map((side) => `${ratio(side)} times (${side.model})`).join(words.and),
    };
    const form = this.cached ? (i ? "decode" : "prefill") : i ? "again" : "prefill";
    this.find(".headline").textContent = fill(words.headline[form], values);
    this.find(".spoken").textContent = this.find(".headline").textContent;
  }

  drawPosition() {
    const { words, sides } = this.data;
    const scrub = this.find(".scrub");
    const { tokens } = sides[0].steps;
    scrub.min = tokens[0];
    scrub.max = tokens[this.count - 1];
    scrub.value = tokens[this.index];
    this.find(".play").textContent = this.timer ? words.pause : words.play;
    this.find(".back").disabled = this.find(".reset").disabled = this.index === 0;
    const last = this.index >= this.count - 1 && !this.data.mayGrow;
    this.find(".next").disabled = last || this.asking;
    const phase = this.asking ? words.asking : last ? words.end : this.index ? words.decode : words.prefill;
    this.find(".position").textContent = fill(words.position, { tokens: tokens[this.index], phase });
  }

  drawForgotten() {
    const { words, sides } = this.data;
    const input = this.find(".forget input");
    const { forgotten } = sides[0];
    input.max = forgotten.length - 1;
    const k = Math.min(Number(input.value), forgotten.length - 1);
    const { count } = forgotten[k];
    const names = sides[0].tokens.slice(0, count).map((text, i) => `${i}·${text}`);
    this.find(".forget label span").textContent = fill(words.forgotten, { count });
    this.find(".forget p").textContent = count
      ? fill(words.forgetSays, { gone: shorten(names.join(" "), 60) })
      : words.forget.about;
    this.find(".gone").replaceChildren(
      ...sides.map((side) => {
        const part = el("div");
        part.append(el("h3", "", side.model), barsOf(side.forgotten[Math.min(k, side.forgotten.length - 1)].next));
        return part;
      }),
    );
  }

  // The recorded benchmark: milliseconds of one more token, points measured, lines fitted.
  drawLaws() {
    const { words, laws } = this.data;
    const canvas = this.find(".laws canvas");
    const { context, width } = paper(canvas, LAWS_PX);
    const ink = context.fillStyle;
    const [left, top, right, bottom] = [44, 58, width - 16, LAWS_PX - 26];
    const all = laws.flatMap(({ ms: a, msFull: b }) => [...a, ...b]);
    const [low, high] = [Math.log10(Math.min(...all) * 0.8), Math.log10(Math.max(...all) * 1.15)];
    const [from, to] = [laws[0].tokens[0], laws[0].tokens.at(-1)];
    const x = (t) => left + ((right - left) * Math.log2(t / from)) / Math.log2(to / from);
    const y = (v) => bottom - ((bottom - top) * (Math.log10(v) - low)) / (high - low);
    context.textAlign = "right";
    for (const v of [5, 10, 20, 50, 100, 200, 500].filter((v) => v > 10 ** low && v < 10 ** high)) {
      context.globalAlpha = 0.25;
      context.strokeRect(left, y(v), right - left, 0);
      context.globalAlpha = 1;
      context.fillText(v, left - 6, y(v));
    }
    context.textAlign = "center";
    for (const t of laws[0].tokens) context.fillText(t, x(t), bottom + 15);
    context.textAlign = "left";
    this.lawPoints = [];
    laws.forEach(({ name, colour, tokens, law, ...series }, row) => {
      let legend = 0;
      for (const [key, line, dash] of [["ms", words.lines.with, []], ["msFull", words.lines.without, [6, 4]]]) {
        context.strokeStyle = context.fillStyle = colour;
        context.lineWidth = 2.5;
        context.setLineDash(dash);
        context.beginPath();
        for (let t = from; t <= to; t += 4) context.lineTo(x(t), y(law[key].reduce((v, c, k) => v + c * t ** k, 0)));
        context.stroke();
        context.beginPath();
        context.moveTo(legend, 10 + 20 * row);
        context.lineTo(legend + 24, 10 + 20 * row);
        context.stroke();
        context.setLineDash([]);
        tokens.forEach((t, i) => {
          context.beginPath();
          context.arc(x(t), y(series[key][i]), 4, 0, 7);
          context.fill();
          this.lawPoints.push({ x: x(t), y: y(series[key][i]), text: `${name}, ${line}: ${t} ${words.tokens}, ${series[key][i].toFixed(1)} ms` });
        });
        context.fillStyle = ink;
        const text = dash.length ? line : `${name}, ${line}`;
        context.fillText(text, legend + 30, 10 + 20 * row);
        legend += context.measureText(text).width + 46;
      }
    });
    canvas.setAttribute("aria-label", `${words.laws.title} ${this.data.fits}`);
    this.find(".fit").textContent = this.data.fits;
  }

  lawAt(event) {
    const near = this.lawPoints.find(({ x, y }) => Math.hypot(x - event.offsetX, y - event.offsetY) < 9);
    return near ? near.text : "";
  }

  forward() {
    if (this.index < this.count - 1) return this.go(this.index + 1, Boolean(this.timer));
    if (this.asking) return; // the next token is on its way
    if (!this.data.mayGrow) return this.pause();
    this.asking = true;
    this.drawPosition();
    this.report("tokens", [this.promptLength + this.index + 1, this.data.subject]);
  }

  go(index, playing = false) {
    if (!playing) this.pause();
    this.index = Math.min(Math.max(0, index), this.count - 1);
    this.draw();
    this.place.soon();
  }

  play() {
    if (this.index >= this.count - 1 && !this.data.mayGrow) this.index = -1;
    this.timer = setInterval(() => this.forward(), PLAY_MS);
    this.forward();
    this.drawPosition();
  }

  pause() {
    clearInterval(this.timer);
    this.timer = null;
    if (this.index !== undefined && this.data) this.drawPosition();
  }
}

// A colour between two, both as #rrggbb.
function mixed(a, b, share) {
  const at = (c, i) => parseInt(c.slice(1 + 2 * i, 3 + 2 * i), 16);
  return "#" + [0, 1, 2].map((i) => Math.round(at(a, i) + share * (at(b, i) - at(a, i))).toString(16).padStart(2, "0")).join("");
}

export default function (component) {
  const root = component.parentElement;
  let page = pages.get(root);
  if (!page) pages.set(root, (page = new Growth(root)));
  page.load(component);
  return () => {
    page.pause();
    page.place.end();
    pages.delete(root);
  };
}
