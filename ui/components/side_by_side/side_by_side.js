// The stage. Everything drawn is a function of (data, step): Step, Back, Play, the scrubber, a key
// and a link all set the same integer, `step` = the number of tokens processed.

const instances = new WeakMap();
const SLICE_PX = 72; // height of a slice of the larger cache
const PLAY_MS = 900;

// One model's column: built once for each run, redrawn for each step.
class Side {
  constructor(stage, index) {
    this.stage = stage;
    this.index = index;
    const words = stage.data.words;
    this.root = el("article", "side");
    this.edge = el("div", "edge");
    const head = el("h2");
    this.title = el("span");
    this.name = el("small");
    head.append(this.title, this.name);
    this.about = el("p", "about");
    this.chips = el("div", "chips");

    const look = el("div");
    const lookTitle = el("h3", "", words.pattern);
    lookTitle.append(el("small", "", words.patternHint));
    const pick = el("div", "pick");
    this.layer = this.select(pick, words.layer);
    this.head = this.select(pick, words.head);
    const map = el("div", "map");
    this.canvas = el("canvas");
    this.canvas.setAttribute("role", "img");
    this.tip = el("div", "tip");
    map.append(this.canvas, this.tip);
    this.says = el("p", "says");
    this.legend = el("div", "legend");
    this.legend.append(el("i"));
    pick.append(this.legend);
    look.append(lookTitle, pick, map, this.says);
    this.canvas.onpointermove = (event) => this.hover(event);
    this.canvas.onpointerleave = () => (this.tip.style.display = "none");

    const next = el("div");
    this.bars = el("ol", "bars");
    next.append(el("h3", "", words.next), this.bars);
    const cache = el("div", "cache");
    this.cacheTitle = el("h3");
    this.rate = el("p", "rate");
    this.slices = el("div", "slices");
    this.slices.setAttribute("role", "img");
    this.parts = el("p", "parts");
    this.kept = el("p", "kept");
    this.source = el("p", "source");
    cache.append(this.cacheTitle, this.rate, this.slices, this.parts, this.kept);
    const right = el("div", "right");
    right.append(next, cache);
    const panels = el("div", "panels");
    panels.append(look, right);
    this.root.append(this.edge, head, this.about, this.chips, panels, this.source);
  }

  select(parent, name) {
    const label = el("label", "", name);
    const select = el("select");
    select.setAttribute("aria-label", name);
    select.onchange = () =>
      this.stage.chooseHead(this.index, Number(this.layer.value), Number(this.head.value));
    label.append(select);
    parent.append(label);
    return select;
  }

  options(select, count, chosen) {
    if (select.length !== count)
      select.replaceChildren(...Array.from({ length: count }, (_, i) => new Option(i, i)));
    select.value = chosen;
  }

  load(side) {
    this.side = side;
    this.pattern = floats(side.pattern);
    this.size = Math.sqrt(this.pattern.length);
    this.root.style.setProperty("--side", side.colour);
    this.root.style.setProperty("--side-soft", side.colour + "33");
    this.title.textContent = side.title;
    this.name.textContent = side.model;
    this.about.textContent = side.about;
    this.options(this.layer, side.layers, side.layer);
    this.options(this.head, side.heads, side.head);
    this.kept.textContent = side.formula;
    this.parts.replaceChildren(
      ...side.parts.map(({ name, colour }) => {
        const item = el("span", "part", name);
        item.style.setProperty("--part", colour);
        return item;
      }),
    );
    let from = 0; // the slices and the card's edge show the parts in their true proportion
    const stops = side.parts.map(({ colour, share }) => {
      const stop = `${colour} ${100 * from}% ${100 * (from += share)}%`;
      return stop;
    });
    this.root.style.setProperty("--slice", `linear-gradient(to top, ${stops})`);
    this.edge.style.background = `linear-gradient(to right, ${stops})`;
    this.source.textContent = side.source;
    this.chips.replaceChildren(
      ...side.tokens.map((text, i) => {
        const chip = el("button", "chip", text);
        chip.type = "button";
        chip.tabIndex = -1; // the scrubber is the keyboard's way to a token
        chip.onclick = () => this.stage.go(i + 1);
        return chip;
      }),
    );
  }

  label(i) {
    return `${i}·${this.side.tokens[i]}`;
  }

  // Weight of query row i on key j, with or without the first token.
  weight(i, j) {
    const p = this.pattern[i * this.size + j];
    if (!this.stage.data.hideFirst) return p;
    const rest = 1 - this.pattern[i * this.size];
    return j === 0 || i === 0 ? NaN : p / rest;
  }

  draw(step) {
    const now = step - 1;
    const visible = Math.max(this.side.promptLength, step);
    [...this.chips.children].forEach((chip, i) => {
      chip.classList.toggle("now", i === now);
      chip.classList.toggle("later", i > now);
      chip.classList.toggle("made", i >= this.side.promptLength);
      chip.hidden = i >= visible;
    });
    const chip = this.chips.children[now]; // a long text scrolls with the reader
    this.chips.scrollTop = chip.offsetTop - this.chips.offsetTop - this.chips.clientHeight / 2;
    this.drawNext(now);
    this.drawCache(step);
    this.drawMap(now, visible);
    this.speak(now);
  }

  drawNext(now) {
    const list = this.side.next[now];
    while (this.bars.children.length < list.length) {
      const row = el("li");
      const track = el("div", "track");
      track.append(el("div", "fill"));
      row.append(el("code"), track, el("span", "percent"));
      this.bars.append(row);
    }
    list.forEach(([token, p], i) => {
      const [code, track, share] = this.bars.children[i].children;
      code.textContent = token;
      code.title = token;
      track.firstChild.style.width = `${100 * p}%`;
      share.textContent = percent(p);
    });
  }

  drawCache(step) {
    const words = this.stage.data.words;
    const { nbytes } = this.side;
    const held = nbytes[step - 1];
    const rate = held / step;
    const title = fill(words.cacheNow, { bytes: bytes(held), tokens: step });
    const other = this.stage.sides[1 - this.index]?.side; // a large model stands alone
    const ratio = other ? other.nbytes[0] / nbytes[0] : 1;
    this.cacheTitle.replaceChildren(`${words.cache}: `, el("span", "", title));
    const perToken = fill(words.cacheRate, { bytes: bytes(rate) });
    const smaller = fill(words.ratio, { ratio: ratio.toFixed(1) });
    this.rate.textContent = ratio > 1.05 ? `${perToken}, ${smaller}` : perToken;
    // one slice a token: equal widths on both sides, height = bytes, so areas compare
    const height = (SLICE_PX * rate) / this.stage.largestRate;
    const width = 100 / this.stage.total;
    this.slices.replaceChildren(
      ...Array.from({ length: step }, (_, i) => {
        const slice = el("div", i === step - 1 ? "slice now" : "slice");
        slice.style.height = `${height}px`;
        slice.style.width = `calc(${width}% - 1px)`;
        return slice;
      }),
    );
    this.slices.setAttribute("aria-label", `${words.cache}: ${title}. ${words.cacheScale}`);
    this.slices.title = words.cacheScale;
  }

  drawMap(now, visible) {
    const style = getComputedStyle(this.root);
    const text = style.color;
    const width = this.canvas.clientWidth || 320;
    const context = this.canvas.getContext("2d");
    const font = "14px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace";
    context.font = font;
    const clip = (i) => {
      const label = this.label(i);
      return label.length > 12 ? label.slice(0, 11) + "…" : label;
    };
    const labels = Array.from({ length: visible }, (_, i) => clip(i));
    const margin = Math.ceil(Math.max(...labels.map((l) => context.measureText(l).width))) + 8;
    const cell = Math.max(2, Math.min((width - margin - 8) / visible, 34));
    const top = margin;
    const height = Math.ceil(top + cell * visible + 2);
    const scale = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(width * scale);
    this.canvas.height = Math.round(height * scale);
    this.canvas.style.height = `${height}px`;
    context.scale(scale, scale);
    context.font = font;
    this.geometry = { margin, top, cell, visible, now };
    const every = Math.ceil(15 / cell); // a label needs 15 px; with many tokens each n-th has one
    context.fillStyle = text;
    context.textBaseline = "middle";
    for (let i = 0; i < visible; i++) {
      const shown = i === now || (i % every === 0 && Math.abs(i - now) >= every) || every === 1;
      if (!shown) continue;
      context.globalAlpha = i <= now ? 1 : 0.4;
      context.font = i === now ? `bold ${font}` : font;
      context.textAlign = "right";
      context.fillText(labels[i], margin - 5, top + (i + 0.5) * cell);
      context.save();
      context.translate(margin + (i + 0.5) * cell, top - 5);
      context.rotate(-Math.PI / 2);
      context.textAlign = "left";
      context.fillText(labels[i], 0, 0);
      context.restore();
    }
    context.globalAlpha = 1;
    const gap = cell > 8 ? 1 : 0;
    for (let i = 0; i < visible; i++)
      for (let j = 0; j <= i; j++) {
        const x = margin + j * cell;
        const y = top + i * cell;
        if (i > now) {
          context.fillStyle = text;
          context.globalAlpha = 0.05; // not computed yet
        } else {
          const p = this.weight(i, j);
          if (Number.isNaN(p)) continue;
          context.fillStyle = this.stage.colour(p);
          context.globalAlpha = 1;
        }
        context.fillRect(x, y, cell - gap, cell - gap);
      }
    context.globalAlpha = 1;
    context.strokeStyle = text; // the one new row
    context.lineWidth = 3;
    context.strokeRect(margin - 1, top + now * cell - 1, (now + 1) * cell + 1, cell + 1);
  }

  speak(now) {
    const words = this.stage.data.words;
    const row = Array.from({ length: now + 1 }, (_, j) => this.weight(now, j));
    const sink = this.pattern[now * this.size];
    let sentence = words.alone;
    if (now > 0) {
      let best = this.stage.data.hideFirst ? 1 : 0;
      row.forEach((p, j) => (p > row[best] ? (best = j) : 0));
      sentence = fill(words.looks, {
        query: this.label(now), key: this.label(best), percent: percent(row[best]),
      });
      const about = this.stage.data.hideFirst ? words.sinkHidden : words.sink;
      if (best !== 0) sentence += "; " + fill(about, { percent: percent(sink) });
    }
    this.says.textContent = sentence + ".";
    this.canvas.setAttribute("aria-label", `${words.pattern}, ${words.patternHint}. ${sentence}`);
  }

  hover(event) {
    const { margin, top, cell, visible, now } = this.geometry;
    const j = Math.floor((event.offsetX - margin) / cell);
    const i = Math.floor((event.offsetY - top) / cell);
    const inside = i >= 0 && j >= 0 && i < visible && j <= i && i <= now;
    this.tip.style.display = inside ? "block" : "none";
    if (!inside) return;
    const p = this.weight(i, j);
    const value = Number.isNaN(p) ? "–" : p.toFixed(4);
    const names = { query: this.label(i), key: this.label(j), value };
    this.tip.textContent = fill(this.stage.data.words.cell, names);
    const left = Math.min(event.offsetX + 14, this.canvas.clientWidth - this.tip.offsetWidth);
    this.tip.style.left = `${Math.max(0, left)}px`;
    this.tip.style.top = `${event.offsetY + 16}px`;
  }
}

class Stage {
  constructor(root) {
    this.root = root;
    this.find = (name) => root.querySelector("." + name);
    this.step = 1;
    this.jump = -1;
    this.place = new Later(root, () => this.setStateValue("step", [this.step, this.data.subject]));
  }

  load({ data, setStateValue }) {
    const before = this.data;
    this.data = data;
    this.setStateValue = setStateValue;
    if (this.sides?.length !== data.sides.length) {
      this.sides = data.sides.map((_, i) => new Side(this, i));
      this.find("sides").replaceChildren(...this.sides.map((side) => side.root));
      this.controls();
    }
    data.sides.forEach((side, i) => this.sides[i].load(side));
    this.find("lead").value = data.lead;
    this.find("temperature").value = data.temperature;
    this.showTemperature(data.temperature);
    this.find("sink").checked = data.hideFirst;
    this.total = Math.min(...data.sides.map((side) => side.tokens.length));
    this.largestRate = Math.max(...data.sides.map((side) => side.nbytes[0]));
    const moved = data.jump !== this.jump || !before || data.prompt !== before.prompt;
    this.jump = data.jump;
    if (moved) {
      this.pause();
      this.step = data.step ?? data.sides[0].promptLength;
    } else if (this.asking && this.total > this.step) {
      this.step += 1; // the token that the reader asked for has come
    }
    this.asking = false;
    this.draw();
  }

  controls() {
    const words = this.data.words;
    const set = (name, action) => {
      const button = this.find(name);
      button.textContent = words[name];
      button.onclick = action;
    };
    set("reset", () => this.go(1));
    set("back", () => this.go(this.step - 1));
    set("play", () => (this.timer ? this.pause() : this.play()));
    set("step", () => this.forward());
    const scrub = this.find("scrub");
    scrub.setAttribute("aria-label", words.scrub);
    scrub.oninput = () => this.go(Number(scrub.value));
    this.options();
    this.root.querySelector(".stage").onkeydown = (event) => this.key(event);
    new ResizeObserver(() => this.draw()).observe(this.find("sides"));
  }

  options() {
    const words = this.data.words;
    const names = this.find("options").querySelectorAll(".name");
    [words.lead, words.temperature, words.sinkHide].forEach((w, i) => (names[i].textContent = w));
    this.find("keys").textContent = words.keys;
    const set = (name, value) => this.setStateValue("option", [name, value]);
    const lead = this.find("lead");
    lead.parentElement.hidden = this.data.leads.length < 2;
    lead.replaceChildren(...this.data.leads.map(([value, text]) => new Option(text, value)));
    lead.onchange = () => set("lead", lead.value);
    const temperature = this.find("temperature");
    temperature.max = this.data.maxTemperature;
    temperature.title = words.temperatureHelp;
    temperature.oninput = () => this.showTemperature(Number(temperature.value));
    temperature.onchange = () => set("temperature", Number(temperature.value));
    this.find("again").textContent = words.again;
    this.find("again").onclick = () => set("seed", this.data.seed + 1);
    const sink = this.find("sink");
    sink.parentElement.title = words.sinkHelp;
    sink.onchange = () => {
      this.data.hideFirst = sink.checked; // drawn at once, and told to Python for the link
      this.draw();
      set("sink", sink.checked ? "hidden" : "shown");
    };
  }

  showTemperature(value) {
    this.find("options").querySelector("output").textContent = value.toFixed(1);
    this.find("again").hidden = value === 0;
  }

  key(event) {
    onKey(event, {
      ArrowRight: () => this.forward(),
      ArrowLeft: () => this.go(this.step - 1),
      Home: () => this.go(1),
      End: () => this.go(this.total),
      " ": () => (this.timer ? this.pause() : this.play()),
    });
  }

  forward() {
    if (this.step < this.total) return this.go(this.step + 1, Boolean(this.timer));
    if (this.asking) return; // the next token is on its way
    if (!this.data.mayGrow) return this.pause();
    this.asking = true;
    this.drawPosition();
    this.setStateValue("step", [this.step + 1, this.data.subject]);
  }

  go(step, playing = false) {
    if (!playing) this.pause();
    this.step = Math.min(Math.max(1, step), this.total);
    this.draw();
    this.place.soon();
  }

  play() {
    if (this.step >= this.total && !this.data.mayGrow) this.step = 0;
    this.timer = setInterval(() => this.forward(), PLAY_MS);
    this.forward();
    this.drawPosition();
  }

  pause() {
    clearInterval(this.timer);
    this.timer = null;
    if (this.sides) this.drawPosition();
  }

  chooseHead(index, layer, head) {
    this.setStateValue("head", [this.data.sides[index].model, layer, head]);
  }

  draw() {
    if (!this.data || !this.root.isConnected) return;
    this.step = Math.min(this.step, this.total);
    this.colour = ramp(this.data.colours[themeOf(this.root)]);
    const scale = `linear-gradient(to right, ${this.data.colours[themeOf(this.root)]})`;
    this.sides.forEach((side) => {
      side.legend.style.setProperty("--ramp", scale);
      side.draw(this.step);
    });
    this.drawPosition();
    this.find("spoken").textContent = this.sides
      .map(({ side, says }) => `${side.model}: ${says.textContent}`)
      .join(" ");
  }

  drawPosition() {
    const words = this.data.words;
    const scrub = this.find("scrub");
    scrub.max = this.total;
    scrub.value = this.step;
    const playing = this.timer ? "pause" : "play";
    this.find("play").textContent = words[playing];
    this.find("back").disabled = this.find("reset").disabled = this.step <= 1;
    const last = this.step >= this.total && !this.data.mayGrow;
    this.find("step").disabled = last || this.asking;
    const position = fill(words.position, { step: this.step, total: this.total });
    const reading = this.step <= this.data.sides[0].promptLength;
    const phase = this.asking
      ? words.asking
      : last
        ? words.end
        : reading
          ? words.reading
          : words.generating;
    this.find("position").textContent = `${position} · ${phase}`;
  }
}

export default function (component) {
  const root = component.parentElement;
  let stage = instances.get(root);
  if (!stage) instances.set(root, (stage = new Stage(root)));
  stage.load(component);
  return () => {
    stage.pause();
    stage.place.end();
    instances.delete(root);
  };
}
