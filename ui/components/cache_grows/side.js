// One model of the page: the rows of one head, its whole cache, its work, its counts.

const ROWS_PX = 330; // height of the matrices, at most
const ROOM = 6; // rows are kept free for so many tokens: the page does not jump at every step
const BLOCK_PX = 92; // height of a layer of the cache
const CURVE_PX = 210;

const ms = (seconds) => (1000 * seconds).toFixed(1);
const sum = (numbers, end) => numbers.slice(0, end).reduce((a, b) => a + b, 0);

// float16 as Python sent it
function halves(base64) {
  const bits = new Uint16Array(rawBytes(base64));
  return Float32Array.from(bits, (b) => {
    const [exponent, fraction] = [(b >> 10) & 31, b & 1023];
    const size = exponent === 31 ? (fraction ? NaN : Infinity)
      : exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -24 * fraction;
    return b >> 15 ? -size : size;
  });
}

// One model's column.
class Side {
  constructor(page, index) {
    this.page = page;
    this.index = index;
    const { words } = page.data;
    this.root = el("article", "side");
    const head = el("h2");
    this.title = el("span");
    this.name = el("small");
    head.append(this.title, this.name);
    const pick = el("div", "pick");
    this.layer = this.select(pick, words.layer);
    this.head = this.select(pick, words.head);
    this.says = el("p", "says");
    pick.append(this.says);
    [this.rows, this.rowsTip] = this.canvas();
    const lower = el("div", "lower");
    const left = el("div");
    const right = el("div");
    [this.cache, this.cacheTip] = this.canvas();
    [this.curve] = this.canvas();
    this.cacheTitle = el("h3");
    left.append(this.cacheTitle, this.cache.parentElement);
    right.append(el("h3", "", words.work), this.curve.parentElement);
    lower.append(left, right);
    this.counts = el("table", "counts");
    this.kept = el("p", "kept");
    this.root.append(head, pick, this.rows.parentElement, lower, this.counts, this.kept);
    this.rows.onpointermove = (event) => showTip(this.rows, event, this.rowAt(event));
    this.cache.onpointermove = (event) => showTip(this.cache, event, this.cacheAt(event));
    for (const canvas of [this.rows, this.cache]) canvas.onpointerleave = (event) => showTip(canvas, event, "");
  }

  canvas() {
    const map = el("div", "map");
    const canvas = el("canvas");
    canvas.setAttribute("role", "img");
    map.append(canvas, el("div", "tip"));
    return [canvas, map.lastChild];
  }

  select(parent, name) {
    const label = el("label", "", name + " ");
    const select = el("select");
    select.setAttribute("aria-label", name);
    select.onchange = () =>
      this.page.set("head", [this.side.model, Number(this.layer.value), Number(this.head.value)]);
    label.append(select);
    parent.append(label);
    return select;
  }

  load(side) {
    this.side = side;
    this.root.style.setProperty("--side", side.colour);
    this.title.textContent = side.title;
    this.name.textContent = side.model;
    const numbers = (n) => Array.from({ length: n }, (_, i) => [i, i]);
    choices(this.layer, numbers(side.layers), side.layer);
    choices(this.head, numbers(side.heads), side.head);
    this.matrices = side.rows.map((matrix) => {
      const values = floats(matrix.values);
      return { ...matrix, numbers: values, most: largest(values) };
    });
    this.held = halves(side.cache);
    this.labels = side.tokens.map((text, i) => shorten(`${i}·${text}`, 14));
  }

  // The steps' numbers at the step that is shown.
  at(name) {
    return this.side.steps[name][this.page.index];
  }
  get total() {
    return this.side.tokens.length;
  }
  // [first, last + 1] of the tokens that this step runs through the model.
  get span() {
    const last = this.at("tokens");
    const { index, cached } = this.page;
    return [cached && index ? this.side.steps.tokens[index - 1] : 0, last];
  }

  draw() {
    this.drawRows();
    this.drawCache();
    this.drawCurve();
    this.drawCounts();
  }

  // X, Q, then what is cached, then the pattern: one row a token.
  drawRows() {
    const { words, colours } = this.page.data;
    const { cached } = this.page;
    const grown = this.at("tokens") - this.page.promptLength;
    const n = Math.min(this.total, this.page.promptLength + ROOM * Math.max(1, Math.ceil(grown / ROOM)));
    const height = Math.min(15, Math.max(2.5, ROWS_PX / n));
    const top = 44;
    const { context, width } = paper(this.rows, top + n * height + 6);
    const ink = context.fillStyle;
    const margin = Math.ceil(Math.max(...this.labels.map((l) => context.measureText(l).width))) + 8;
    const gap = 24;
    const square = Math.min(height, (width - margin) / 4.2 / n);
    // all sides draw a number equally wide
    const wide = Math.max(...this.page.data.sides.map(({ rows }) => rows.reduce((w, r) => w + r.width, 0)));
    const unit = (width - margin - n * square - gap * this.matrices.length - 4) / wide;
    const [first, last] = this.span;
    const every = Math.ceil(LABEL_PX / height);
    context.textAlign = "right";
    for (let i = 0; i < last; i++) {
      if (i !== last - 1 && (i % every || (every > 1 && last - 1 - i < every))) continue;
      context.font = i >= first ? `bold ${FONT}` : FONT;
      context.fillText(this.labels[i], margin - 6, top + (i + 0.5) * height);
    }
    this.boxes = [];
    let x = margin;
    const paint = (matrix, box, rowsFrom, rowsTo, table) => {
      const { numbers, most } = matrix;
      const columns = matrix.width;
      const image = sheetOf(rowsTo - rowsFrom, columns, (k) => {
        const value = numbers[rowsFrom * columns + k];
        return Number.isNaN(value) ? 0 : table(value / most);
      });
      context.imageSmoothingEnabled = box.w < columns;
      const shown = matrix.pattern ? n : columns; // a pattern's columns grow like its rows
      context.drawImage(image, 0, 0, shown, rowsTo - rowsFrom, box.x, top + rowsFrom * height, box.w, (rowsTo - rowsFrom) * height);
    };
    const bright = (v) => this.page.signed[stepOf((v + 1) / 2)];
    const grey = (v) => this.page.grey[stepOf(Math.abs(v))];
    const weights = (v) => this.page.weights[stepOf(v)];
    for (const matrix of [...this.matrices]) {
      const square_ = matrix.pattern;
      const box = { x, w: square_ ? n * square : matrix.width * unit, matrix };
      context.globalAlpha = 0.06; // rows that are not there: not made, or thrown away
      context.fillStyle = ink;
      context.fillRect(x, top, box.w, last * height);
      context.globalAlpha = 1;
      if (matrix.cached && cached && first > 0) paint(matrix, box, 0, first, grey);
      paint(matrix, box, first, last, square_ ? weights : bright);
      context.textAlign = "left";
      context.fillStyle = matrix.colour || ink;
      context.fillRect(x, top - 9, Math.max(box.w, 4), 5);
      context.fillStyle = ink;
      context.font = `bold ${FONT}`;
      // narrow columns say their letters in two rows, or they would run into one another
      context.fillText(matrix.letter, x, box.w < 30 && this.boxes.length % 2 ? 27 : 12);
      context.font = FONT;
      if (box.w > 60) context.fillText(square_ ? words.pattern : `${last} × ${matrix.width}`, x, 27);
      if (cached && matrix.cached) {
        context.strokeStyle = ink;
        context.lineWidth = 2;
        context.strokeRect(x - 1, top + first * height - 1, box.w + 2, (last - first) * height + 2);
      }
      this.boxes.push(box);
      x += box.w + gap;
    }
    this.geometry = { top, height, first, last, n };
    const told = fill(words.rowsAlt, { first, last: last - 1, kept: cached ? first : 0, model: this.side.model });
    this.rows.setAttribute("aria-label", told);
  }

  rowAt(event) {
    const { top, height, first, last } = this.geometry;
    const { words } = this.page.data;
    const row = Math.floor((event.offsetY - top) / height);
    const box = this.boxes.find(({ x, w }) => event.offsetX >= x && event.offsetX < x + w);
    if (!box || row < 0 || row >= last) return "";
    const { matrix } = box;
    const column = Math.floor(((event.offsetX - box.x) / box.w) * (matrix.pattern ? this.geometry.n : matrix.width));
    const token = this.labels[row];
    const kept = matrix.cached && this.page.cached;
    if (row < first && !kept) return fill(words.notThere, { letter: matrix.letter, token });
    const value = minus(matrix.numbers[row * matrix.width + column].toFixed(4));
    if (matrix.pattern)
      return column > row ? "" : fill(words.weight, { query: token, key: this.labels[column], value });
    const how = row < first ? words.read : kept ? words.written : words.computed;
    return fill(words.number, { letter: matrix.letter, token, column, value, how });
  }

  // Every layer as a rectangle of bytes: a token is as high on both sides, a byte as wide.
  drawCache() {
    const { words } = this.page.data;
    const { cached } = this.page;
    const { parts, layers, bytesPerValue } = this.side;
    const n = this.total;
    const [first, last] = this.span;
    const across = 4;
    const down = Math.ceil(layers / across);
    const row = BLOCK_PX / n;
    const { context, width } = paper(this.cache, down * (BLOCK_PX + 24));
    const ink = context.fillStyle;
    const perByte = (width / across - 14) / this.page.widest;
    const stride = this.side.parts.reduce((w, { most }) => w + most, 0);
    let pixels = 0;
    this.blocks = [];
    for (let layer = 0; layer < layers; layer++) {
      const x0 = 2 + (layer % across) * (width / across);
      const y0 = 2 + Math.floor(layer / across) * (BLOCK_PX + 24);
      context.textAlign = "left";
      context.fillStyle = ink;
      context.fillText(fill(words.layerNumber, { layer }), x0, y0 + BLOCK_PX + 11);
      let x = x0;
      let offset = 0;
      for (const part of parts) {
        const numbers = part.widths[layer];
        const w = numbers * bytesPerValue * perByte;
        context.globalAlpha = 0.07;
        context.fillRect(x, y0, w, last * row);
        context.globalAlpha = 1;
        if (cached) {
          const shade = (rows0, rows1, table) => {
            if (rows1 <= rows0) return;
            const image = sheetOf(rows1 - rows0, numbers, (k) => {
              const token = rows0 + Math.floor(k / numbers);
              const value = this.held[(layer * n + token) * stride + offset + (k % numbers)];
              return table[stepOf(Math.abs(value) / part.largest)];
            });
            context.imageSmoothingEnabled = w < numbers || row < 1;
            context.drawImage(image, x, y0 + rows0 * row, w, (rows1 - rows0) * row);
          };
          shade(0, first, this.page.grey);
          shade(first, last, this.page.table(part.colour));
          pixels += w * last * row;
        }
        this.blocks.push({ x, y: y0, w, part, layer, offset, numbers });
        x += w;
        offset += part.most;
      }
      if (cached) {
        context.strokeStyle = ink;
        context.lineWidth = 2;
        context.strokeRect(x0 - 1, y0 + first * row - 1, x - x0 + 2, (last - first) * row + 2);
      }
    }
    this.cacheGeometry = { row, last, stride };
    // what a test reads: the area drawn, and the pixels that stand for one byte of one token
    Object.assign(this.cache.dataset, { pixels, perByte: perByte * row });
    const held = cached ? this.at("held") : 0;
    const title = fill(words.cacheNow, { bytes: bytes(held), tokens: cached ? last : 0 });
    this.cacheTitle.replaceChildren(words.cache, el("small", "", title));
    this.cache.setAttribute("aria-label", `${words.cache}: ${title} ${words.cacheScale}`);
  }

  cacheAt(event) {
    const { row, last, stride } = this.cacheGeometry;
    const { words } = this.page.data;
    const block = this.blocks.find(
      ({ x, y, w }) => event.offsetX >= x && event.offsetX < x + w && event.offsetY >= y && event.offsetY < y + last * row,
    );
    if (!block || !this.page.cached) return "";
    const token = Math.floor((event.offsetY - block.y) / row);
    const number = Math.floor(((event.offsetX - block.x) / block.w) * block.numbers);
    const value = this.held[(block.layer * this.total + token) * stride + block.offset + number];
    return fill(words.cacheCell, {
      layer: block.layer, part: block.part.name, number, token: this.labels[token],
      value: minus(value.toPrecision(3)),
    });
  }

  // Multiply-adds in total, with a cache and without; faint beyond the reader's step.
  drawCurve() {
    const { words } = this.page.data;
    const { tokens, macs, macsFull } = this.side.steps;
    const { context, width } = paper(this.curve, CURVE_PX);
    const ink = context.fillStyle;
    const [left, top, right, bottom] = [58, 44, width - 8, CURVE_PX - 26];
    const totals = (list) => list.map((_, i) => sum(list, i + 1));
    const lines = { without: totals(macsFull), with: totals(macs) };
    const most = lines.without.at(-1);
    const x = (t) => left + ((right - left) * (t - tokens[0])) / Math.max(1, tokens.at(-1) - tokens[0]);
    const y = (v) => bottom - ((bottom - top) * v) / most;
    context.textAlign = "right";
    for (const share of [0, 0.5, 1]) {
      context.globalAlpha = 0.25;
      context.strokeRect(left, y(share * most), right - left, 0);
      context.globalAlpha = 1;
      context.fillText(short(share * most), left - 6, y(share * most));
    }
    context.textAlign = "left";
    context.fillText(fill(words.tokensAt, { tokens: tokens[0] }), left, bottom + 15);
    context.textAlign = "right";
    context.fillText(tokens.at(-1), right, bottom + 15);
    let legend = 0;
    context.textAlign = "left";
    for (const [name, colour] of [["without", ink], ["with", this.side.colour]]) {
      context.fillStyle = colour;
      context.fillRect(legend, 8, 14, 14);
      context.fillStyle = ink;
      context.fillText(words.lines[name], legend + 19, 16);
      legend += context.measureText(words.lines[name]).width + 34;
      for (const [from, to, alpha] of [[0, this.page.index, 1], [this.page.index, tokens.length - 1, 0.3]]) {
        context.beginPath();
        context.globalAlpha = alpha;
        context.strokeStyle = colour;
        context.lineWidth = 3;
        for (let i = from; i <= to; i++) context.lineTo(x(tokens[i]), y(lines[name][i]));
        context.stroke();
      }
      context.globalAlpha = 1;
      context.fillStyle = colour;
      context.beginPath();
      context.arc(x(this.at("tokens")), y(lines[name][this.page.index]), 5, 0, 7);
      context.fill();
      context.fillStyle = ink;
    }
    this.curve.setAttribute("aria-label", fill(words.curveAlt, {
      with: short(lines.with[this.page.index]), without: short(lines.without[this.page.index]),
    }));
  }

  drawCounts() {
    const { words } = this.page.data;
    const { steps } = this.side;
    const { index, cached } = this.page;
    const run = steps.tokens.map((tokens, i) => (i ? 1 : tokens));
    const none = steps.tokens.map(() => 0);
    const size = (n) => (n ? short(n) : "0") + (n < 1000 ? " B" : "B");
    const head = el("tr");
    words.columns.forEach((text) => head.append(el("th", "", text)));
    // this step above, all steps so far below
    const line = (name, on, columns) => {
      const row = el("tr", on ? "on" : "");
      row.append(el("th", "", name));
      for (const [list, told] of columns) {
        const cell = el("td", "", told(list[index]));
        cell.append(el("small", "", told(sum(list, index + 1))));
        row.append(cell);
      }
      return row;
    };
    const body = el("tbody");
    body.append(
      line(words.lines.with, cached, [
        [run, whole], [steps.macs, short], [steps.seconds, ms], [steps.read, size], [steps.written, size],
      ]),
      line(words.lines.without, !cached, [
        [steps.tokens, whole], [steps.macsFull, short], [steps.secondsFull, ms], [none, size], [none, size],
      ]),
    );
    const thead = el("thead");
    thead.append(head);
    this.counts.replaceChildren(thead, body);
    this.kept.textContent = fill(this.side.formula, {
      tokens: this.at("tokens"), total: whole(this.side.perToken * this.at("tokens")), held: whole(this.at("held")),
    });
    const [token, p] = this.side.next[index][0];
    this.says.textContent = fill(words.says, { token, percent: percent(p) });
  }
}
