// 61 x 128 patterns as one picture: each tile n x n pixels of one sheet, enlarged by the canvas.

const crowds = new WeakMap();
const FRAME = 12; // GPT-2's heads: 12 x 12

class CrowdWall {
  constructor(root) {
    this.root = root;
    this.find = (selector) => root.querySelector(selector);
    this.chosen = null;
  }

  load({ data }) {
    this.packed = new Uint8Array(rawBytes(data.packed));
    this.index = new Uint8Array(rawBytes(data.index));
    this.data = data;
    const canvas = this.find(".wall");
    canvas.setAttribute("aria-label", data.words.alt);
    this.find(".headline").replaceChildren(...data.words.headline.split("**").map((part, i) => (i % 2 ? el("b", "", part) : part)));
    this.find(".source").textContent = data.source;
    this.find(".keys").textContent = data.words.keys;
    canvas.onpointermove = (event) => this.choose(this.at(event), event);
    canvas.onpointerleave = () => this.choose(null);
    canvas.onblur = () => this.choose(null);
    const step = (rows, columns) => () => {
      const [row, column] = this.chosen ?? [0, 0];
      const clamp = (x, most) => Math.min(Math.max(x, 0), most - 1);
      this.choose([clamp(row + rows, data.rows), clamp(column + columns, data.columns)]);
    };
    canvas.onkeydown = (event) => {
      const by = event.shiftKey ? 8 : 1;
      onKey(event, { ArrowUp: step(-by, 0), ArrowDown: step(by, 0), ArrowLeft: step(0, -by), ArrowRight: step(0, by), Escape: () => this.choose(null) });
    };
    this.exports();
    this.observer ??= new ResizeObserver(() => this.draw());
    this.observer.observe(canvas.parentElement);
    this.draw();
  }

  // Sheet of all patterns, one pixel a weight; the part above the diagonal is clear.
  sheet() {
    const { rows, columns, tokens: n, colours } = this.data;
    const theme = themeOf(this.root);
    if (this.drawn?.theme === theme) return this.drawn.sheet;
    const pixels = table(ramp(colours[theme]));
    const size = (n * (n + 1)) / 2;
    const sheet = sheetOf(rows * n, columns * n, (k) => {
      const [y, x] = [Math.floor(k / (columns * n)), k % (columns * n)];
      const [i, j] = [y % n, x % n];
      if (j > i) return 0;
      const tile = Math.floor(y / n) * columns + Math.floor(x / n);
      return pixels[this.packed[tile * size + (i * (i + 1)) / 2 + j]];
    });
    this.drawn = { theme, sheet };
    return sheet;
  }

  draw() {
    const { rows, columns } = this.data;
    const canvas = this.find(".wall");
    const width = canvas.clientWidth;
    if (!width) return;
    this.tile = width / columns;
    const { context } = paper(canvas, this.tile * rows);
    context.drawImage(this.sheet(), 0, 0, width, this.tile * rows);
    context.lineWidth = 2;
    context.strokeStyle = getComputedStyle(this.root.querySelector("section")).getPropertyValue("--st-primary-color");
    context.strokeRect(1, 1, FRAME * this.tile, FRAME * this.tile);
    context.font = "600 14px sans-serif";
    const label = this.data.words.frame;
    const [x, y] = [4, FRAME * this.tile + 12];
    context.fillStyle = getComputedStyle(this.root.querySelector("section")).getPropertyValue("--st-background-color");
    context.fillRect(x - 3, y - 9, context.measureText(label).width + 6, 18);
    context.fillStyle = context.strokeStyle;
    context.fillText(label, x, y);
    if (this.chosen) {
      const [row, column] = this.chosen;
      context.lineWidth = 3;
      context.strokeRect(column * this.tile - 1, row * this.tile - 1, this.tile + 2, this.tile + 2);
    }
  }

  at(event) {
    const [column, row] = [event.offsetX, event.offsetY].map((x) => Math.floor(x / this.tile));
    return row >= 0 && column >= 0 && row < this.data.rows && column < this.data.columns ? [row, column] : null;
  }

  choose(place) {
    if (String(place) === String(this.chosen)) return;
    this.chosen = place;
    this.draw();
    const lens = this.find(".lens");
    lens.style.display = place ? "block" : "none";
    if (!place) return;
    const { words, models, texts, columns, tokens: n, colours } = this.data;
    const [row, column] = place;
    const tile = row * columns + column;
    const [model, text, layer, head] = this.index.slice(4 * tile, 4 * tile + 4);
    const [name, where] = [fill(words.tile, { model: models[model], layer, head }), fill(words.of, { row: row + 1, column: column + 1 })];
    this.find(".lens b").textContent = name;
    this.find(".lens span").textContent = texts[text].slice(1).join("");
    this.find(".lens small").textContent = where;
    this.find(".spoken").textContent = `${name}: ${texts[text].slice(1).join("")}`;
    const colour = ramp(colours[themeOf(this.root)]);
    const [width, height] = [this.find(".wall").clientWidth, this.tile * this.data.rows];
    const [x, y] = [(column + 1) * this.tile, (row + 1) * this.tile];
    lens.style.left = `${x + 262 > width ? Math.max(0, x - this.tile - 258) : x + 6}px`;
    lens.style.top = `${Math.min(y, Math.max(0, height - 320))}px`;
    tokenMap(this.find(".lens canvas"), {
      labels: this.data.labels[text],
      colour: (i, j) => (j <= i ? colour(this.packed[(tile * n * (n + 1)) / 2 + (i * (i + 1)) / 2 + j] / 255) : null),
    });
  }

  exports() {
    const file = (format, text, type) => save(`heads.${format}`, new Blob([text], { type }));
    const row = exportRow(this.data.words.exports, {
      png: () => this.find(".wall").toBlob((blob) => save("heads.png", blob)),
      svg: () => file("svg", this.asSvg(), "image/svg+xml"),
      csv: () => file("csv", this.asCsv(), "text/csv"),
    });
    this.find(".exports").replaceWith(row);
  }

  // Patterns are pixels in any format: the sheet inside a frame of vectors.
  asSvg() {
    const sheet = this.sheet();
    const size = `width="${sheet.width}" height="${sheet.height}"`;
    return `<svg xmlns="http://www.w3.org/2000/svg" ${size} viewBox="0 0 ${sheet.width} ${sheet.height}"><image ${size} style="image-rendering:pixelated" href="${sheet.toDataURL()}"/></svg>`;
  }

  asCsv() {
    const { columns, models, texts, tokens: n } = this.data;
    const size = (n * (n + 1)) / 2;
    const quoted = (text) => `"${text.replaceAll('"', '""')}"`;
    const lines = ["row,column,model,text,layer,head,lower triangle of the pattern in 255ths"];
    for (let tile = 0; tile * 4 < this.index.length; tile++) {
      const [model, text, layer, head] = this.index.slice(4 * tile, 4 * tile + 4);
      const weights = this.packed.slice(tile * size, (tile + 1) * size).join(" ");
      lines.push([Math.floor(tile / columns), tile % columns, models[model], quoted(texts[text].slice(1).join("")), layer, head, weights].join(","));
    }
    return lines.join("\n") + "\n";
  }
}

export default function (component) {
  const root = component.parentElement;
  if (!crowds.has(root)) crowds.set(root, new CrowdWall(root));
  crowds.get(root).load(component);
  return () => {
    crowds.get(root)?.observer?.disconnect();
    crowds.delete(root);
  };
}
