// Where order comes in: a head's scores in two parts, the text at other positions, and what RoPE on
// the whole key would do to absorption. All runs lie here; the slider chooses among them.

const pages = new WeakMap();
const SHOWN_NEXT = 5;

class Positions {
  constructor(root) {
    this.root = root;
    this.find = (selector) => root.querySelector(selector);
    this.shift = 0;
  }

  load({ data, setStateValue }) {
    this.data = data;
    this.set = setStateValue;
    if (!this.built) this.build();
    this.sides = data.sides.map((side) => ({
      ...side, scores: floats(side.scores), off: floats(side.off), next: floats(side.next), nextOff: floats(side.nextOff),
    }));
    const numbers = (n) => Array.from({ length: n }, (_, i) => [i, i]);
    choices(this.find(".layer"), numbers(data.layers), data.layer);
    choices(this.find(".head"), numbers(data.heads), data.head);
    this.find(".sink").checked = data.hideFirst;
    this.find(".shift").max = data.shifts.length - 1;
    this.shift = Math.min(this.shift, data.shifts.length - 1);
    this.find(".headline").textContent = data.headline;
    this.find(".source").textContent = data.source;
    this.find(".why").hidden = !data.entangled;
    this.draw();
  }

  build() {
    this.built = true;
    const { words } = this.data;
    const names = this.root.querySelectorAll(".options .name");
    [words.layer, words.head, words.sinkHide].forEach((text, i) => (names[i].textContent = text));
    for (const name of ["layer", "head"])
      this.find(`.${name}`).onchange = () =>
        this.set("head", [this.data.model, Number(this.find(".layer").value), Number(this.find(".head").value)]);
    this.find(".sink").onchange = (event) => {
      this.data.hideFirst = event.target.checked;
      this.draw();
      this.set("option", ["sink", event.target.checked ? "hidden" : "shown"]);
    };
    this.find(".move h2").textContent = words.move;
    this.find(".why h2").textContent = words.why;
    this.find(".why p").textContent = words.whyAbout;
    const shift = this.find(".shift");
    shift.setAttribute("aria-label", words.move);
    shift.oninput = () => {
      this.shift = Number(shift.value);
      this.find(".off").checked = false;
      this.drawMove();
    };
    shift.onkeydown = (event) => event.stopPropagation();
    this.find(".dial label span").textContent = words.off;
    this.find(".off").onchange = () => this.drawMove();
    new ResizeObserver(() => this.draw()).observe(this.root.querySelector(".positions"));
  }

  // Rows and columns that are drawn, as token numbers.
  get tokens() {
    return this.data.tokens.map((_, i) => i).slice(this.data.hideFirst ? 1 : 0);
  }

  label(i, most = 11) {
    return shorten(`${i}·${this.data.tokens[i]}`, most);
  }

  // A map of signed scores: the lower triangle, with values under the pointer.
  map(host, values, most, name) {
    const canvas = el("canvas");
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", name);
    const box = el("div", "map");
    box.append(canvas, el("div", "tip"));
    host.append(box);
    const { tokens } = this;
    const n = this.data.tokens.length;
    const paint = () => {
      canvas.cellAt = tokenMap(canvas, {
        labels: tokens.map((i) => this.label(i)),
        colour: (r, c) => (c > r ? null : this.signed((values[tokens[r] * n + tokens[c]] / most + 1) / 2)),
        most: 26,
      });
    };
    this.paints.push(paint);
    canvas.onpointermove = (event) => {
      const [r, c] = canvas.cellAt(event) ?? [0, 1];
      if (c > r) return showTip(canvas, event, "");
      const [query, key] = [tokens[r], tokens[c]];
      const value = minus(values[query * n + key].toFixed(4));
      showTip(canvas, event, fill(this.data.words.cell, { query: this.label(query, 40), key: this.label(key, 40), value }));
    };
    canvas.onpointerleave = () => showTip(canvas, null, "");
    return canvas;
  }

  draw() {
    if (!this.data || !this.root.isConnected) return;
    const theme = themeOf(this.root);
    this.signed = ramp(this.data.colours.signed[theme]);
    this.signedTable = table(this.signed);
    this.find(".positions").style.setProperty("--accent", this.data.colours.rope);
    this.paints = [];
    this.drawSum();
    this.paints.forEach((paint) => paint());
    this.drawMove();
    if (this.data.entangled) this.drawWhy();
  }

  // Content + position = score; and the one rope key that all heads read.
  drawSum() {
    const { parts, words, colours } = this.data;
    const host = this.find(".sum");
    host.className = parts.length > 1 ? "sum" : "sum one";
    host.replaceChildren();
    const decoded = parts.map((part) => ({ ...part, values: floats(part.values) }));
    const n = this.data.tokens.length;
    const seen = (values) => values.filter((_, k) => k % n <= Math.floor(k / n));
    const most = Math.max(...decoded.map(({ values }) => largest(seen(values))));
    decoded.forEach(({ title, colour, values }, k) => {
      if (k) host.append(el("span", "sign", k === decoded.length - 1 ? "=" : "+"));
      const part = el("div", "part");
      part.style.setProperty("--part", colour);
      part.append(el("h3", "", title));
      this.map(part, values, most, title);
      host.append(part);
    });
    const side = el("div", "part shared");
    side.style.setProperty("--part", colours.rope);
    if (this.data.ropeKey) {
      const key = floats(this.data.ropeKey);
      side.append(el("h3", "", words.ropeKey));
      const canvas = cellsOf(key, this.data.ropeDim, this.signedTable, largest(key));
      canvas.style.setProperty("--tall", `${Math.min(330, 26 * n)}px`);
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", words.ropeKey);
      side.append(canvas);
    }
    side.append(...this.data.sharedSays.map((line) => el("p", "", line)));
    host.append(side);
  }

  drawMove() {
    const { words, shifts, hideFirst } = this.data;
    const off = this.find(".off").checked;
    const shift = shifts[this.shift];
    this.find(".shift").value = this.shift;
    const n = this.data.tokens.length;
    this.find(".move output").textContent = off ? words.offSays : fill(words.shiftSays, { shift, from: shift, to: shift + n - 1 });
    const host = this.find(".both");
    this.paints = [];
    host.replaceChildren(
      ...this.sides.map((side) => {
        const box = el("article", "side");
        box.style.setProperty("--side", side.colour);
        const now = off ? side.off : side.scores.subarray(this.shift * n * n, (this.shift + 1) * n * n);
        const start = side.scores.subarray(0, n * n);
        const seen = (k) => k % n <= Math.floor(k / n) && !(hideFirst && k % n === 0);
        let apart = 0;
        now.forEach((x, k) => seen(k) && (apart = Math.max(apart, Math.abs(x - start[k]))));
        const most = largest(start.filter((_, k) => k % n <= Math.floor(k / n)));
        const title = el("h3", "", side.title);
        title.append(el("small", "", fill(words.headOf, side)));
        const m = side.nextTokens.length;
        const chances = off ? side.nextOff : side.next.subarray(this.shift * m, (this.shift + 1) * m);
        const order = [...chances.keys()].sort((a, b) => chances[b] - chances[a]).slice(0, SHOWN_NEXT);
        const says = fill(off ? side.says.off : shift ? side.says.moved : side.says.still, {
          apart: apart < 0.01 ? tiny(apart) : apart.toFixed(1), most: most.toFixed(1), next: side.nextTokens[order[0]], percent: percent(chances[order[0]]),
        });
        box.append(title, el("p", "", says));
        const map = el("div");
        this.map(map, now, most, `${side.title}: ${words.scores}`);
        box.append(map, barsOf(order.map((k) => [side.nextTokens[k], chances[k]])));
        return box;
      }),
    );
    this.paints.forEach((paint) => paint());
  }

  // The absorbed query at growing distances, and the scores that one of them would give.
  drawWhy() {
    const { words, entangled, tokens } = this.data;
    const [queries, scores, each, one] = ["queries", "scores", "each", "one"].map((name) => floats(entangled[name]));
    const width = queries.length / entangled.distances.length;
    const first = queries.subarray(0, width);
    const norm = (x) => Math.sqrt(x.reduce((sum, v) => sum + v * v, 0));
    const strips = el("div", "strips");
    strips.append(el("b", "", words.distance), el("b", "", fill(words.absorbedQuery, { width })), el("b", "", words.away));
    entangled.distances.forEach((distance, k) => {
      const query = queries.subarray(k * width, (k + 1) * width);
      const change = norm(query.map((x, c) => x - first[c])) / norm(first);
      const canvas = cellsOf(query, width, this.signedTable, largest(queries));
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", `${words.distance} ${distance}`);
      strips.append(el("span", "", `${distance}`), canvas, el("span", "", percent(change)));
    });
    const grid = el("table");
    const row = (cells, tag) => {
      const line = el("tr");
      line.append(...cells.map((text) => el(tag, "", text)));
      return line;
    };
    grid.append(row(words.columns, "th"));
    tokens.forEach((_, j) => grid.append(row([this.label(j, 24), ...[scores, each, one].map((x) => minus(x[j].toFixed(3)))], "td")));
    const right = el("div", "tall");
    right.tabIndex = 0;
    right.append(grid);
    this.find(".demonstration").replaceChildren(strips, right);
  }
}

export default function (component) {
  const root = component.parentElement;
  if (!pages.has(root)) pages.set(root, new Positions(root));
  pages.get(root).load(component);
  return () => pages.delete(root);
}
