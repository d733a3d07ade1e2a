// Who shares keys and values with whom, what it costs and what it is worth.

const pages = new WeakMap();
const PLOT_PX = 540;
const SVG = "http://www.w3.org/2000/svg";

function svg(parent, name, attributes, text) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  parent.append(node);
  return node;
}

// The eight query heads, what each reads, and what is cached: a number is as wide in every drawing.
function drawing({ heads, groups, parts, told }, words, colours) {
  const [width, height] = [320, 132];
  const root = document.createElementNS(SVG, "svg");
  root.setAttribute("viewBox", `0 0 ${width} ${height}`);
  root.setAttribute("role", "img");
  root.setAttribute("aria-label", told);
  const at = (i, n) => ((i + 0.5) * width) / n;
  const unit = (width - 8 * 4) / 512; // of a number: MHA's 512 fill the width
  const latent = groups === 0;
  const boxes = latent ? 1 : groups;
  for (let i = 0; i < heads; i++) {
    const x = at(i, heads);
    const target = latent ? width / 2 : at(Math.floor((i * groups) / heads), groups);
    if (latent) {
      svg(root, "line", { x1: x, y1: 52, x2: target, y2: 92, stroke: "currentColor", "stroke-opacity": 0.45 });
      svg(root, "line", { x1: x, y1: 30, x2: x, y2: 40, stroke: "currentColor", "stroke-opacity": 0.45 });
      svg(root, "rect", { x: x - 11, y: 40, width: 22, height: 13, rx: 2, fill: "none", stroke: colours.V, "stroke-width": 2 });
    } else svg(root, "line", { x1: x, y1: 30, x2: target, y2: 92, stroke: "currentColor", "stroke-opacity": 0.45 });
    svg(root, "circle", { cx: x, cy: 18, r: 12, fill: colours.Q });
    svg(root, "text", { x, y: 23, "text-anchor": "middle", style: "fill: #fff" }, "Q");
  }
  for (let g = 0; g < boxes; g++) {
    const total = parts.reduce((sum, { numbers }) => sum + numbers, 0) * unit;
    let x = (latent ? width / 2 : at(g, groups)) - total / 2;
    for (const { name, numbers, colour } of parts) {
      svg(root, "rect", { x, y: 92, width: numbers * unit, height: 20, fill: colour });
      // the two parts of a latent are too narrow for their names: those stand on either side
      const anchor = latent ? (name === parts[0].name ? "end" : "start") : "middle";
      const place = latent ? width / 2 + (anchor === "end" ? -4 : 4) : x + (numbers * unit) / 2;
      if (boxes <= 2) svg(root, "text", { x: place, y: 129, "text-anchor": anchor }, name);
      x += numbers * unit;
    }
  }
  if (boxes > 2) svg(root, "text", { x: width / 2, y: 129, "text-anchor": "middle" }, words.pairs.replace("{n}", boxes));
  return root;
}

class Sharing {
  constructor(root) {
    this.root = root;
    this.find = (selector) => root.querySelector(selector);
  }

  load({ data, setTriggerValue }) {
    this.data = data;
    this.set = setTriggerValue;
    if (!this.built) this.build();
    choices(this.find(".layer"), Array.from({ length: data.layers }, (_, i) => [i, i]), data.layer);
    this.find(".headline").textContent = data.headline;
    this.find(".sharing > .source").textContent = data.source;
    this.draw();
  }

  build() {
    this.built = true;
    const { words } = this.data;
    this.find(".options .name").textContent = words.layer;
    this.find(".keys").textContent = words.same;
    this.find(".layer").onchange = (event) => this.set("option", ["layer", Number(event.target.value)]);
    this.find(".measured h2").textContent = words.scatter;
    this.find(".measured .about").textContent = words.scatterAbout;
    new ResizeObserver(() => this.draw()).observe(this.find(".cards"));
  }

  draw() {
    if (!this.data || !this.root.isConnected) return;
    const { data } = this;
    this.weights = table(ramp(data.colours.weights[themeOf(this.root)]));
    this.find(".sharing").style.setProperty("--accent", data.colours.latent);
    this.find(".cards").replaceChildren(...data.cards.map((card) => this.card(card)));
    this.find(".chosen").replaceChildren(this.card(data.chosen));
    for (const canvas of this.root.querySelectorAll(".card canvas")) this.tiles(canvas);
    this.drawPlot();
  }

  card(card) {
    const { words, colours } = this.data;
    const root = el("article", "card");
    root.style.setProperty("--kind", card.colour);
    const title = el("h2", "", card.title);
    title.append(el("small", "", card.model));
    const facts = el("dl", "facts");
    for (const [name, value, more] of card.facts) {
      const dd = el("dd", "", value + " ");
      if (more) dd.append(el("small", "", more));
      facts.append(el("dt", "", name), dd);
    }
    root.append(title, el("p", "definition", card.definition), drawing(card, words, colours), facts);
    if (!card.next) {
      root.append(el("p", "source", card.source));
      return root;
    }
    const map = el("div", "map");
    const canvas = el("canvas");
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", fill(words.patternsAlt, { layer: this.data.layer, model: card.model }));
    canvas.card = card;
    map.append(canvas, el("div", "tip"));
    root.append(
      el("h3", "", words.next), barsOf(card.next), el("h3", "", fill(words.patterns, { layer: this.data.layer })), map,
      el("p", "source", card.source),
    );
    return root;
  }

  // All heads of the layer; heads that share a key and value head stand side by side anyway.
  tiles(canvas) {
    const { card } = canvas;
    const { words } = this.data;
    const pattern = floats(card.pattern);
    const n = Math.sqrt(pattern.length / card.heads);
    const across = 4;
    const gap = 10;
    const down = Math.ceil(card.heads / across);
    const size = ((canvas.clientWidth || 280) - (across - 1) * gap) / across;
    const { context } = paper(canvas, down * (size + 22));
    for (let head = 0; head < card.heads; head++) {
      const x = (head % across) * (size + gap);
      const y = Math.floor(head / across) * (size + 22) + 18;
      context.fillText(fill(words.head, { head }), x, y - 9);
      const sheet = sheetOf(n, n, (k) =>
        k % n > Math.floor(k / n) ? 0 : this.weights[stepOf(pattern[head * n * n + k])],
      );
      context.imageSmoothingEnabled = false;
      context.drawImage(sheet, x, y, size, size);
    }
    canvas.onpointermove = (event) => {
      const [column, row] = [Math.floor(event.offsetX / (size + gap)), Math.floor(event.offsetY / (size + 22))];
      const j = Math.floor(((event.offsetX - column * (size + gap)) / size) * n);
      const i = Math.floor(((event.offsetY - row * (size + 22) - 18) / size) * n);
      const head = row * across + column;
      const inside = i >= 0 && i < n && j >= 0 && j <= i && head < card.heads;
      const value = inside ? pattern[(head * n + i) * n + j].toFixed(4) : "";
      showTip(canvas, event, inside ? fill(words.cell, { head, query: card.tokens[i], key: card.tokens[j], value }) : "");
    };
    canvas.onpointerleave = (event) => showTip(canvas, event, "");
  }

  // Loss against what a token leaves in the cache: every run a dot, every kind a mark at the mean.
  drawPlot() {
    const { words, points } = this.data;
    const canvas = this.find(".plot canvas");
    const { context, width } = paper(canvas, PLOT_PX);
    const ink = context.fillStyle;
    const [left, top, right, bottom] = [58, 12, width - 16, PLOT_PX - 48];
    const losses = points.flatMap((point) => point.losses);
    const [low, high] = [Math.min(...losses) - 0.004, Math.max(...losses) + 0.004];
    const x = (n) => left + ((right - left) * (Math.log2(n) - 4.7)) / (9.3 - 4.7);
    const y = (v) => bottom - ((bottom - top) * (v - low)) / (high - low);
    context.lineWidth = 1;
    for (let v = Math.ceil(low * 50) / 50; v <= high; v += 0.02) {
      context.globalAlpha = 0.2;
      context.strokeRect(left, y(v), right - left, 0);
      context.globalAlpha = 1;
      context.textAlign = "right";
      context.fillText(v.toFixed(2), left - 8, y(v));
    }
    context.textAlign = "center";
    for (const n of [32, 64, 128, 256, 512]) context.fillText(n, x(n), bottom + 14);
    context.fillText(width < 520 ? words.xShort : words.x, (left + right) / 2, bottom + 36);
    context.save();
    context.translate(8, (top + bottom) / 2);
    context.rotate(-Math.PI / 2);
    context.fillText(words.y, 0, 0);
    context.restore();
    const buttons = [];
    for (const { model, label, brief, numbers, mean, losses: runs, colour, shape, hollow, side, lower } of points) {
      const px = x(numbers) + (hollow ? 9 : 0); // as many numbers as its narrower sibling
      context.strokeStyle = context.fillStyle = colour;
      context.lineWidth = 2;
      context.beginPath();
      context.moveTo(px, y(Math.min(...runs)));
      context.lineTo(px, y(Math.max(...runs)));
      context.stroke();
      context.globalAlpha = 0.55;
      for (const loss of runs) {
        context.beginPath();
        context.arc(px, y(loss), 3, 0, 7);
        context.fill();
      }
      context.globalAlpha = 1;
      context.beginPath();
      const s = 8;
      const py = y(mean);
      if (shape === "circle") context.arc(px, py, s, 0, 7);
      else if (shape === "square") context.rect(px - s, py - s, 2 * s, 2 * s);
      else {
        const corners = shape === "triangle" ? [[0, -s - 2], [s + 1, s], [-s - 1, s]] : [[0, -s - 3], [s + 3, 0], [0, s + 3], [-s - 3, 0]];
        for (const [dx, dy] of corners) context.lineTo(px + dx, py + dy);
        context.closePath();
      }
      if (hollow) {
        const inside = getComputedStyle(this.find(".sharing")).getPropertyValue("--st-background-color");
        context.fillStyle = inside;
      }
      context.fill();
      context.stroke();
      context.fillStyle = ink;
      context.textAlign = side;
      context.fillText(width < 520 ? brief : label, px + (side === "left" ? 17 : -17), py + lower);
      const button = el("button");
      button.type = "button";
      Object.assign(button.style, { left: `${px}px`, top: `${py}px` });
      button.setAttribute("aria-label", fill(words.point, { label, numbers, mean: mean.toFixed(4) }));
      button.setAttribute("aria-pressed", model === this.data.chosen.model);
      button.onclick = () => this.set("option", ["point", model]);
      const tip = fill(words.tip, { label, numbers, mean: mean.toFixed(4), runs: runs.map((v) => v.toFixed(4)).join(", ") });
      button.onpointerenter = () => {
        showTip(canvas, { offsetX: px, offsetY: py }, tip);
      };
      button.onpointerleave = () => showTip(canvas, {}, "");
      buttons.push(button);
    }
    const plot = this.find(".plot");
    const focused = [...plot.querySelectorAll("button")].indexOf(this.root.activeElement);
    plot.querySelectorAll("button").forEach((button) => button.remove());
    plot.append(...buttons);
    if (focused >= 0) buttons[focused].focus();
    canvas.setAttribute("aria-label", words.scatter);
  }
}

export default function (component) {
  const root = component.parentElement;
  let page = pages.get(root);
  if (!page) pages.set(root, (page = new Sharing(root)));
  page.load(component);
  return () => pages.delete(root);
}
