// The compression lab: a size, a head before and after, all heads, the latent. Python computes;
// what is drawn is a function of the data alone, and the slider never waits for it.

const labs = new WeakMap();
const ASK_MS = 70; // the slider asks again this often while it is dragged
const DIFFERENCE = 0.5; // the difference of two weights at which its colour is full

class Lab {
  constructor(root) {
    this.root = root;
    this.find = (selector) => root.querySelector(selector);
  }

  load({ data, setStateValue }) {
    this.data = data;
    this.set = setStateValue;
    if (!this.maps) this.build();
    const { words } = data;
    const rank = this.find(".rank");
    rank.max = data.maxRank;
    if (this.asked === undefined || this.asked === data.rank) {
      rank.value = data.rank;
      this.asked = undefined;
    }
    this.dial(Number(rank.value));
    choices(this.find(".method"), data.methods, data.method);
    choices(this.find(".spread"), data.spreads, data.spread);
    choices(this.find(".measure"), data.measures, data.measure);
    const numbers = (n) => Array.from({ length: n }, (_, i) => [i, i]);
    choices(this.find(".layer"), numbers(data.layers), data.layer);
    choices(this.find(".head"), numbers(data.heads), data.head);
    this.before = floats(data.before);
    this.after = floats(data.after);
    this.difference = this.after.map((p, i) => p - this.before[i]);
    this.gridValues = floats(data.grid);
    this.latentValues = floats(data.latent);
    this.find(".fails").textContent = data.fails;
    this.find(".source").textContent = data.source;
    this.heading(".latent h3", fill(words.latent, { layer: data.layer }),
      fill(words.latentHint, { rank: data.latentRank }));
    this.draw();
  }

  build() {
    const { words } = this.data;
    const host = this.find(".maps");
    this.maps = [words.before, words.after, words.difference].map((title, i) => {
      const box = el("div");
      const heading = el("h3", "", title);
      heading.append(el("small", "", i === 0 ? words.hint : ""));
      const map = el("div", "map");
      const canvas = el("canvas");
      canvas.setAttribute("role", "img");
      const tip = el("div", "tip");
      const legend = el("div", "legend");
      legend.append(i < 2 ? "0" : `−${DIFFERENCE}`, el("i"), i < 2 ? "1" : `+${DIFFERENCE}`);
      map.append(canvas, tip);
      box.append(heading, map, legend);
      host.append(box);
      canvas.onpointermove = (event) => this.hoverMap(i, event);
      canvas.onpointerleave = () => (tip.style.display = "none");
      return { canvas, tip, legend };
    });
    const next = el("div");
    const heading = el("h3", "", words.next);
    heading.append(el("small", "", words.nextHint));
    this.pairs = el("ol", "pairs");
    this.kl = el("p", "kl");
    next.append(heading, this.pairs, this.kl);
    host.append(next);
    this.heading(".grid h3", words.grid, words.gridHint);

    const rank = this.find(".rank");
    this.find(".size .name").textContent = words.dial;
    rank.setAttribute("aria-label", words.dial);
    rank.oninput = () => this.ask(Number(rank.value));
    rank.onkeydown = (event) => event.stopPropagation(); // keys are shortcuts of the page
    const names = this.root.querySelectorAll(".options .name");
    ["method", "spread", "layer", "head"].forEach((name, i) => {
      names[i].textContent = words[name];
      this.find(`.${name}`).setAttribute("aria-label", words[name]);
    });
    this.find(".measure").setAttribute("aria-label", words.grid);
    for (const name of ["method", "spread", "measure"])
      this.find(`.${name}`).onchange = (event) => this.set("option", [name, event.target.value]);
    for (const name of ["layer", "head"])
      this.find(`.${name}`).onchange = () =>
        this.choose(Number(this.find(".layer").value), Number(this.find(".head").value));

    const [grid, latent] = [".grid", ".latent"].map((name) => this.find(`${name} canvas`));
    grid.onclick = (event) => {
      const cell = this.cellOfGrid(event);
      if (cell) this.choose(...cell);
    };
    grid.onpointermove = (event) => this.hoverGrid(event);
    latent.onpointermove = (event) => this.hoverLatent(event);
    for (const canvas of [grid, latent])
      canvas.onpointerleave = () => (canvas.nextElementSibling.style.display = "none");
    new ResizeObserver(() => this.draw()).observe(host);
  }

  heading(selector, title, hint) {
    this.find(selector).replaceChildren(title, el("small", "", hint));
  }

  choose(layer, head) {
    this.set("head", [layer, head]);
  }

  // The numbers of the dial follow the hand; the pictures follow as fast as they are computed.
  ask(rank) {
    this.dial(rank);
    this.asked = rank;
    if (this.waiting) return; // the latest size is sent when the pause ends
    this.set("rank", rank);
    this.waiting = setTimeout(() => {
      this.waiting = undefined;
      if (this.asked !== undefined && this.asked !== rank) this.ask(this.asked);
    }, ASK_MS);
  }

  dial(rank) {
    const { words, layers, valuesBefore, bytesPerValue } = this.data;
    const cached = rank * layers;
    const size = { bytes: bytes(cached * bytesPerValue), layers, all: bytes(valuesBefore * bytesPerValue) };
    const ratio = fill(words.ratio, { ratio: (valuesBefore / cached).toFixed(1) });
    this.find(".headline").textContent = fill(words.headline, { rank });
    this.find(".rate").textContent = `${fill(words.rate, size)} · ${ratio}`;
    this.find(".rank").setAttribute("aria-valuetext", `${rank}, ${ratio}`);
  }

  draw() {
    if (!this.data || !this.maps) return;
    const { data } = this;
    const theme = themeOf(this.root);
    this.weight = ramp(data.colours.weights[theme]);
    const signed = ramp(data.colours.signed[theme]);
    this.signed = (x) => signed((x + 1) / 2);
    this.lost = ramp(data.colours.lost[theme]);
    this.find(".compression").style.setProperty("--latent", data.colours.latent);
    this.maps.forEach(({ canvas, legend }, i) => {
      const colours = data.colours[i < 2 ? "weights" : "signed"][theme];
      legend.style.setProperty("--ramp", gradient(colours));
      const values = [this.before, this.after, this.difference][i];
      const colour = i < 2 ? this.weight : (x) => this.signed(x / DIFFERENCE);
      const n = data.tokens.length;
      canvas.cellAt = tokenMap(canvas, {
        labels: data.tokens.map((_, k) => this.label(k)),
        colour: (row, column) => (column > row ? null : colour(values[row * n + column])),
      });
      canvas.setAttribute("aria-label", `${[data.words.before, data.words.after, data.words.difference][i]}, ${data.alt}`);
    });
    this.drawPairs();
    this.drawGrid(gradient(data.colours.lost[theme]));
    this.drawLatent(gradient(data.colours.signed[theme]));
  }

  label(i) {
    return shorten(`${i}·${this.data.tokens[i]}`, 10);
  }

  drawPairs() {
    const { next, colours, kl, klTitle } = this.data;
    this.pairs.replaceChildren(
      ...next.map(([token, before, after]) => {
        const row = el("li");
        const code = el("code", "", token);
        code.title = token;
        row.append(code);
        for (const [p, colour] of [[before, colours.before], [after, colours.latent]]) {
          const track = el("div", "track");
          const bar = el("div", "fill");
          bar.style.width = `${100 * p}%`;
          bar.style.background = colour;
          track.append(bar);
          row.append(track, el("span", "percent", percent(p)));
        }
        return row;
      }),
    );
    this.kl.replaceChildren(el("strong", "", klTitle), kl);
  }

  drawGrid(background) {
    const { layers, heads, layer, head, words } = this.data;
    const legend = this.find(".grid .legend");
    legend.style.setProperty("--ramp", background);
    legend.replaceChildren("0", el("i"), percent(this.data.gridScale));
    const canvas = this.find(".grid canvas");
    const margin = 30;
    const width = canvas.clientWidth || 280;
    const cell = Math.min((width - margin - 2) / heads, 34);
    const { context } = paper(canvas, margin + layers * cell + 3);
    canvas.geometry = { margin, cell };
    context.textAlign = "center";
    for (let h = 0; h < heads; h++) context.fillText(`h${h}`, margin + (h + 0.5) * cell, margin - 10);
    for (let l = 0; l < layers; l++) {
      context.textAlign = "right";
      context.fillText(`L${l}`, margin - 5, margin + (l + 0.5) * cell);
    }
    const text = context.fillStyle;
    for (let l = 0; l < layers; l++)
      for (let h = 0; h < heads; h++) {
        context.fillStyle = this.lost(this.gridValues[l * heads + h] / this.data.gridScale);
        context.fillRect(margin + h * cell, margin + l * cell, cell - 1, cell - 1);
      }
    context.strokeStyle = text;
    context.lineWidth = 3;
    context.strokeRect(margin + head * cell - 0.5, margin + layer * cell - 0.5, cell, cell);
    const value = percent(this.gridValues[layer * heads + head]);
    canvas.setAttribute("aria-label", `${words.grid}. ${fill(words.gridCell, { layer, head, value })}`);
  }

  drawLatent(background) {
    const { tokens, latentRank, latentScale, words } = this.data;
    const canvas = this.find(".latent canvas");
    const margin = 96;
    const width = (canvas.clientWidth || 600) - margin - 2;
    const cell = width / latentRank;
    const height = Math.max(3, Math.min(24, 300 / tokens.length));
    const top = 8; // half a label above the first row
    const { context } = paper(canvas, top + tokens.length * height + 8);
    canvas.geometry = { margin, cell, height, top };
    const every = Math.ceil(LABEL_PX / height);
    context.textAlign = "right";
    tokens.forEach((_, i) => {
      if (i % every === 0) context.fillText(this.label(i), margin - 6, top + (i + 0.5) * height);
    });
    const gap = height > 8 ? 1 : 0;
    for (let i = 0; i < tokens.length; i++)
      for (let c = 0; c < latentRank; c++) {
        context.fillStyle = this.signed(this.latentValues[i * latentRank + c] / latentScale);
        context.fillRect(margin + c * cell, top + i * height, cell - (cell > 5 ? 1 : -0.3), height - gap);
      }
    const legend = this.find(".latent .legend");
    legend.style.setProperty("--ramp", background);
    const most = latentScale.toPrecision(2);
    legend.replaceChildren(`−${most}`, el("i"), `+${most}`);
    canvas.setAttribute("aria-label", `${fill(words.latent, { layer: this.data.layer })}: ${fill(words.latentHint, { rank: latentRank })}`);
  }

  hoverMap(which, event) {
    const { canvas } = this.maps[which];
    const [i, j] = canvas.cellAt(event) ?? [0, 1];
    const value = [this.before, this.after, this.difference][which][i * this.data.tokens.length + j];
    const full = (k) => `${k}·${this.data.tokens[k]}`;
    showTip(canvas, event, j <= i && fill(this.data.words.cell, { query: full(i), key: full(j), value: value.toFixed(4) }));
  }

  cellOfGrid(event) {
    const { margin, cell } = this.find(".grid canvas").geometry;
    const [head, layer] = [event.offsetX, event.offsetY].map((x) => Math.floor((x - margin) / cell));
    const inside = head >= 0 && layer >= 0 && head < this.data.heads && layer < this.data.layers;
    return inside ? [layer, head] : null;
  }

  hoverGrid(event) {
    const found = this.cellOfGrid(event);
    const value = found && percent(this.gridValues[found[0] * this.data.heads + found[1]]);
    showTip(this.find(".grid canvas"), event, found && fill(this.data.words.gridCell, { layer: found[0], head: found[1], value }));
  }

  hoverLatent(event) {
    const canvas = this.find(".latent canvas");
    const { margin, cell, height, top } = canvas.geometry;
    const column = Math.floor((event.offsetX - margin) / cell);
    const i = Math.floor((event.offsetY - top) / height);
    const { tokens, latentRank, words } = this.data;
    const inside = column >= 0 && column < latentRank && i >= 0 && i < tokens.length;
    const value = inside && this.latentValues[i * latentRank + column].toFixed(3);
    showTip(canvas, event, inside && fill(words.latentCell, { token: `${i}·${tokens[i]}`, column, value }));
  }
}

export default function (component) {
  const root = component.parentElement;
  if (!labs.has(root)) labs.set(root, new Lab(root));
  labs.get(root).load(component);
  return () => {
    clearTimeout(labs.get(root)?.waiting);
    labs.delete(root);
  };
}
