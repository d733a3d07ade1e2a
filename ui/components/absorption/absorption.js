// The two decode paths of one layer: what each reads and forms, how both grow, and the algebra.

const pages = new WeakMap();
const CHART_PX = 230;
const MOST_TOKENS = 131072;

class Absorption {
  constructor(root) {
    this.root = root;
    this.find = (selector) => root.querySelector(selector);
  }

  load({ data, setStateValue }) {
    const sameText = this.data && this.data.tokens.join() === data.tokens.join();
    this.data = data;
    this.set = setStateValue;
    this.arrays = Object.fromEntries(Object.entries(data.arrays).map(([name, x]) => [name, floats(x)]));
    if (!this.built) this.build();
    if (!sameText) {
      this.key = data.key;
      this.find(".context").value = Math.log2(data.tokens.length);
    }
    const numbers = (n) => Array.from({ length: n }, (_, i) => [i, i]);
    choices(this.find(".layer"), numbers(data.layers), data.layer);
    choices(this.find(".head"), numbers(data.heads), data.head);
    this.find(".key").replaceChildren(...data.tokens.map((text, i) => new Option(`${i}·${text}`, i)));
    this.find(".key").value = this.key;
    choices(this.find(".shape"), data.shapes.map(({ name }, i) => [i, name]), this.find(".shape").value || 0);
    this.find(".headline").textContent = data.headline;
    this.find(".source").textContent = data.source;
    this.draw();
  }

  build() {
    this.built = true;
    const { words } = this.data;
    const names = this.root.querySelectorAll(".options .name");
    [words.layer, words.head, words.key].forEach((text, i) => (names[i].textContent = text));
    for (const name of ["layer", "head"])
      this.find(`.${name}`).onchange = () =>
        this.set("head", [this.data.model, Number(this.find(".layer").value), Number(this.find(".head").value)]);
    this.find(".key").onchange = (event) => {
      this.key = Number(event.target.value);
      this.drawSteps();
    };
    this.find(".growth h3").textContent = words.growth;
    this.find(".algebra").textContent = words.algebra;
    this.find(".shape").setAttribute("aria-label", words.shape);
    this.find(".shape").onchange = () => this.drawGrowth();
    const context = this.find(".context");
    context.max = Math.log2(MOST_TOKENS);
    context.setAttribute("aria-label", words.context);
    context.oninput = () => this.drawGrowth();
    context.onkeydown = (event) => event.stopPropagation();
    new ResizeObserver(() => this.draw()).observe(this.find(".growth"));
  }

  draw() {
    if (!this.data || !this.root.isConnected) return;
    const theme = themeOf(this.root);
    this.signed = table(ramp(this.data.colours.signed[theme]));
    this.find(".absorption").style.setProperty("--accent", this.data.colours.latent);
    this.drawPaths();
    this.drawGrowth();
    this.drawSteps();
  }

  // Each way as a list: what it does, how much of it, drawn to one scale on both sides.
  drawPaths() {
    const most = Math.max(...this.data.ways.flatMap(({ rows }) => rows.map(({ count }) => count)));
    this.find(".paths").replaceChildren(
      ...this.data.ways.map(({ title, about, colour, rows, total }) => {
        const card = el("article", "way");
        card.style.setProperty("--way", colour);
        const flow = el("div", "flow");
        for (const { text, count, colour: block } of rows) {
          const bar = el("span", "block");
          bar.style.width = `${(100 * count) / most}%`;
          bar.style.setProperty("--block", block);
          flow.append(el("span", "", text), bar, el("span", "", whole(count)));
        }
        card.append(el("h2", "", title), el("p", "", about), flow, el("p", "total", total));
        return card;
      }),
    );
  }

  get tokens() {
    return Math.max(1, Math.round(2 ** Number(this.find(".context").value)));
  }

  drawGrowth() {
    const { words, shapes } = this.data;
    const shape = shapes[Number(this.find(".shape").value)];
    const t = this.tokens;
    const ran = shape.ran && t === this.data.tokens.length;
    this.find(".growth output").textContent = `${whole(t)} ${words.tokens}`;
    const at = ([fixed, each]) => fixed + each * t;
    const ratio = at(shape.macs.naive) / at(shape.macs.absorbed);
    const values = {
      status: ran ? words.ran : words.beyond,
      naive: short(at(shape.macs.naive)), absorbed: short(at(shape.macs.absorbed)),
      ratio: ratio < 10 ? ratio.toFixed(1) : whole(ratio),
      read: short(at(shape.values.cache) * shape.bytes), rebuilt: short(at(shape.values.rebuilt) * shape.bytes),
      heads: short(at(shape.values.heads) * shape.bytes), type: shape.type,
    };
    this.find(".formula").textContent = fill(words.growthSays, values);
    this.chart(this.find(".macs"), words.macs, shape.macs, 1, ran);
    this.chart(this.find(".bytes"), fill(words.bytes, shape), shape.values, shape.bytes, ran);
  }

  // Straight lines on two logarithmic axes; solid up to what was run, dashed beyond.
  chart(canvas, title, lines, factor, ran) {
    const { context, width } = paper(canvas, CHART_PX);
    const ink = context.fillStyle;
    const [left, top, right, bottom] = [62, 52, width - 6, CHART_PX - 24];
    const names = Object.keys(lines);
    const { chartColours, tokens, words } = this.data;
    const value = (name, t) => Math.max(1, factor * (lines[name][0] + lines[name][1] * t));
    const low = Math.log10(Math.min(...names.filter((n) => lines[n][1]).map((n) => value(n, 1))));
    const high = Math.log10(Math.max(...names.map((n) => value(n, MOST_TOKENS))));
    const x = (t) => left + ((right - left) * Math.log2(t)) / Math.log2(MOST_TOKENS);
    const y = (v) => bottom - ((bottom - top) * (Math.log10(v) - low)) / (high - low);
    context.font = `600 ${FONT.replace("14px", "15px")}`;
    context.fillText(title, 0, 9);
    context.font = FONT;
    context.lineWidth = 1;
    for (let p = Math.ceil(low); p <= high; p += 2) {
      context.globalAlpha = 0.25;
      context.strokeRect(left, y(10 ** p), right - left, 0);
      context.globalAlpha = 1;
      context.textAlign = "right";
      context.fillText(short(10 ** p), left - 6, y(10 ** p));
    }
    context.textAlign = "center";
    for (const t of [1, 16, 256, 4096, MOST_TOKENS / 2]) context.fillText(short(t), x(t), bottom + 14);
    let legend = 0;
    context.textAlign = "left";
    for (const name of names) {
      context.fillStyle = chartColours[name];
      context.fillRect(legend, 27, 14, 14);
      context.fillStyle = ink;
      context.fillText(words.lines[name], legend + 19, 35);
      legend += context.measureText(words.lines[name]).width + 34;
    }
    for (const name of [...names].reverse()) {
      context.strokeStyle = context.fillStyle = chartColours[name];
      context.lineWidth = name === "heads" ? 7 : 3; // two lines may be one: K and V as wide as before
      const run = this.data.shapes[Number(this.find(".shape").value)].ran ? tokens.length : 1;
      for (const [from, to, dash] of [[1, run, []], [run, MOST_TOKENS, [7, 5]]]) {
        context.setLineDash(dash);
        context.beginPath();
        for (let k = 0; k <= 60; k++) {
          const t = from * (to / from) ** (k / 60);
          context.lineTo(x(t), y(value(name, t)));
        }
        context.stroke();
      }
      context.setLineDash([]);
      context.beginPath();
      context.arc(x(this.tokens), y(value(name, this.tokens)), 6, 0, 7);
      context.fill();
    }
    context.fillStyle = ink;
    const told = names.map((name) => `${words.lines[name]} ${short(value(name, this.tokens))}`).join(", ");
    canvas.setAttribute("aria-label", `${title}, ${whole(this.tokens)} ${words.tokens}: ${told}`);
  }

  strips(box, pairs) {
    for (const [text, values] of pairs) {
      const most = largest(values);
      const canvas = cellsOf(values, values.length, this.signed, most);
      canvas.title = `±${most.toPrecision(3)}`;
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", `${text}: ${values.length}`);
      box.append(el("p", "", `${text} (${values.length})`), canvas);
    }
  }

  drawSteps() {
    const { words } = this.data;
    const a = this.arrays;
    const dot = (left, right) => left.reduce((sum, x, k) => sum + x * right[k], 0);
    const row = (values, width) => values.subarray(this.key * width, (this.key + 1) * width);
    const [k, c] = [row(a.k_nope, a.q_nope.length), row(a.c_kv, a.q_latent.length)];
    const [rebuilt, moved] = [dot(a.q_nope, k), dot(a.q_latent, c)];
    const apart = (left, right) => largestDifference(left, right);
    const cards = [
      [words.steps[0], `${minus(rebuilt.toFixed(6))}\n${minus(moved.toFixed(6))}`, Math.abs(rebuilt - moved),
        [["q", a.q_nope], ["W_UK c", k], ["W_UKᵀ q", a.q_latent], ["c", c]]],
      [words.steps[1], null, apart(a.z_naive, a.z_absorbed),
        [["Σ A c", a.z_latent], ["Σ A (W_UV c)", a.z_naive], ["W_UV (Σ A c)", a.z_absorbed]]],
      [words.steps[2], null, apart(a.out_absorbed, a.out_merged),
        [["W_O (W_UV z)", a.out_absorbed], ["(W_O W_UV) z", a.out_merged]]],
    ];
    this.find(".steps").replaceChildren(
      ...cards.map(([text, result, difference, strips]) => {
        const card = el("article", "step");
        const token = `${this.key}·${this.data.tokens[this.key]}`;
        card.append(el("h3", "", text.title), el("p", "equation", text.equation), el("p", "", fill(text.about, { ...this.data.sizes, token })));
        this.strips(card, strips);
        if (result) card.append(...result.split("\n").map((line, i) => el("p", "result", `${text.sides[i]} = ${line}`)));
        card.append(el("p", "difference", fill(words.difference, { difference: tiny(difference) })));
        if (text.sizes) card.append(...this.data.mergedSizes.map((line) => el("p", "", line)));
        return card;
      }),
    );
  }
}

const largestDifference = (left, right) => left.reduce((most, x, k) => Math.max(most, Math.abs(x - right[k])), 0);

export default function (component) {
  const root = component.parentElement;
  if (!pages.has(root)) pages.set(root, new Absorption(root));
  pages.get(root).load(component);
  return () => pages.delete(root);
}
