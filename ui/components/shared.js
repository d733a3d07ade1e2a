// What all components share; `script` puts it before each of them.

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
const percent = (p) => (100 * p).toFixed(p >= 0.0995 && p < 0.995 ? 0 : 1) + " %";
const bytes = (n) => n.toLocaleString("en-US") + " B";

const whole = (x) => Math.round(x).toLocaleString("en-US");
const short = (x) => {
  const units = ["", "k", "M", "G", "T"];
  const step = Math.max(0, Math.min(4, Math.floor(Math.log10(Math.max(x, 1)) / 3)));
  const scaled = x / 1000 ** step;
  return `${scaled.toFixed(step && scaled < 100 && scaled % 1 ? 1 : 0)} ${units[step]}`.trim();
};

function el(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text; // never innerHTML: token text is the reader's
  return node;
}

// Tells Python where the reader is: when they pause, not at each step, or before they turn to
// anything else on the page. A message that crosses another would bring back its old link.
class Later {
  constructor(root, tell) {
    this.tell = tell;
    this.elsewhere = (event) => event.composedPath().includes(root) || this.now();
    for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, this.elsewhere, true);
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.now(), 350);
  }

  now() {
    if (!this.timer) return;
    this.forget();
    this.tell();
  }

  forget() {
    clearTimeout(this.timer);
    this.timer = null;
  }

  end() {
    this.forget();
    for (const kind of ["pointerdown", "keydown"]) document.removeEventListener(kind, this.elsewhere, true);
  }
}

function rawBytes(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length); // a loop: four times as fast as Uint8Array.from
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes.buffer;
}
const floats = (base64) => new Float32Array(rawBytes(base64));
const doubles = (base64) => new Float64Array(rawBytes(base64));

// Hands the reader a file.
function save(name, blob) {
  const link = el("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

// A row of buttons that take a picture along: what each format does, by its name.
function exportRow(words, formats) {
  const row = el("span", "exports");
  row.append(el("span", "", words.label));
  for (const [format, action] of Object.entries(formats)) {
    const button = el("button", format, words[format]);
    button.setAttribute("aria-label", `${words.label}: ${words[format]}`);
    button.onclick = action;
    row.append(button);
  }
  return row;
}

const FONT = "14px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace";
const LABEL_PX = 15; // what a line of labels needs; with more tokens each n-th has one
const shorten = (text, most) => (text.length > most ? text.slice(0, most - 1) + "…" : text);
const gradient = (colours) => `linear-gradient(to right, ${colours})`;

// A canvas of the given height in CSS pixels, sharp on any screen, ready for labels.
function paper(canvas, height) {
  const scale = window.devicePixelRatio || 1;
  const width = canvas.clientWidth || 300;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.scale(scale, scale);
  context.font = FONT;
  context.fillStyle = context.strokeStyle = getComputedStyle(canvas).color;
  context.textBaseline = "middle";
  return { context, width };
}

// Tokens by tokens, rows queries and columns keys, with the same labels on both sides. `colour`
// says how to paint cell (i, j); what it returns nothing for stays empty. Returns cellAt(event).
function tokenMap(canvas, { labels, colour, most = 30, row = -1 }) {
  const n = labels.length;
  const measure = canvas.getContext("2d");
  measure.font = `bold ${FONT}`;
  const margin = Math.ceil(Math.max(...labels.map((l) => measure.measureText(l).width))) + 8;
  const cell = Math.max(1, Math.min(((canvas.clientWidth || 300) - margin - 4) / n, most));
  const { context } = paper(canvas, margin + n * cell + 3);
  const every = Math.ceil(LABEL_PX / cell);
  labels.forEach((label, i) => {
    if (i !== row && (i % every || (row >= 0 && Math.abs(i - row) < every && every > 1))) return;
    context.font = i === row ? `bold ${FONT}` : FONT;
    context.textAlign = "right";
    context.fillText(label, margin - 5, margin + (i + 0.5) * cell);
    context.save();
    context.translate(margin + (i + 0.5) * cell, margin - 5);
    context.rotate(-Math.PI / 2);
    context.textAlign = "left";
    context.fillText(label, 0, 0);
    context.restore();
  });
  const ink = context.fillStyle;
  const gap = cell > 8 ? 1 : -0.3; // small cells overlap, or seams would show between them
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      const paint = colour(i, j);
      if (!paint) continue;
      context.fillStyle = paint;
      context.fillRect(margin + j * cell, margin + i * cell, cell - gap, cell - gap);
    }
  if (row >= 0) {
    context.strokeStyle = ink;
    context.lineWidth = 3;
    context.strokeRect(margin - 1, margin + row * cell - 1, n * cell + 1, cell + 1);
  }
  return (event) => {
    const [j, i] = [event.offsetX, event.offsetY].map((x) => Math.floor((x - margin) / cell));
    return i >= 0 && j >= 0 && i < n && j < n ? [i, j] : null;
  };
}

// The line beside the pointer; empty text hides it. The tip stands behind its canvas.
function showTip(canvas, event, text) {
  const tip = canvas.nextElementSibling;
  tip.style.display = text ? "block" : "none";
  if (!text) return;
  tip.textContent = text;
  const left = Math.min(event.offsetX + 14, canvas.clientWidth - tip.offsetWidth);
  tip.style.left = `${Math.max(0, left)}px`;
  tip.style.top = `${event.offsetY + 16}px`;
}

// 256 steps of a scale, each one 32-bit pixel: for pictures that are painted number by number.
function table(colour, opacity = 255) {
  const pixels = Uint8ClampedArray.from(
    Array.from({ length: 256 }, (_, i) => [...colour(i / 255).match(/\d+/g).map(Number), opacity]).flat(),
  );
  return new Uint32Array(pixels.buffer);
}
const stepOf = (share) => (share <= 0 ? 0 : share >= 1 ? 255 : (255 * share + 0.5) | 0);

// Paints rows x columns pixels: `pixel(i)` says which, 0 for nothing. Returns a canvas of that size.
function sheetOf(rows, columns, pixel) {
  const sheet = document.createElement("canvas");
  [sheet.width, sheet.height] = [columns, rows];
  const image = new ImageData(columns, rows);
  const pixels = new Uint32Array(image.data.buffer);
  for (let i = 0; i < pixels.length; i++) pixels[i] = pixel(i);
  sheet.getContext("2d").putImageData(image, 0, 0);
  return sheet;
}

// Signed numbers as one cell each, row after row, on a canvas of that many pixels; CSS enlarges it.
function cellsOf(values, columns, signed, most) {
  const canvas = sheetOf(values.length / columns, columns, (k) =>
    Number.isNaN(values[k]) ? 0 : signed[stepOf((values[k] / most + 1) / 2)],
  );
  canvas.className = "cellsof";
  return canvas;
}
const largest = (values) => values.reduce((most, x) => Math.max(most, Math.abs(x) || 0), 0) || 1;
const minus = (text) => text.replace("-", "−");
const tiny = (x) => minus(x.toExponential(1));

// Tokens that may come next, each with its probability as a bar.
function barsOf(list) {
  const bars = el("ol", "bars");
  for (const [token, p] of list) {
    const row = el("li");
    const track = el("div", "track");
    const bar = el("div", "fill");
    bar.style.width = `${100 * p}%`;
    track.append(bar);
    row.append(el("code", "", token), track, el("span", "percent", percent(p)));
    bars.append(row);
  }
  return bars;
}

// Runs the action of a key, unless the reader is in a field or presses a button with it.
function onKey(event, actions) {
  const typing = ["SELECT", "INPUT"].includes(event.target.tagName);
  const onButton = event.key === " " && event.target.tagName === "BUTTON";
  if (typing || onButton || !(event.key in actions)) return;
  event.preventDefault();
  event.stopPropagation(); // Streamlit binds keys on the document
  actions[event.key]();
}

// Fills a select once, and sets it.
function choices(select, options, chosen) {
  if (select.length !== options.length)
    select.replaceChildren(...options.map(([value, text]) => new Option(text, value)));
  select.value = chosen;
}

function ramp(colours) {
  const rgb = colours.map((c) => [1, 3, 5].map((i) => parseInt(c.slice(i, i + 2), 16)));
  return (p) => {
    const x = Math.min(Math.max(p, 0), 1) * (rgb.length - 1);
    const i = Math.min(Math.floor(x), rgb.length - 2);
    return `rgb(${rgb[i].map((a, k) => Math.round(a + (x - i) * (rgb[i + 1][k] - a)))})`;
  };
}

// Streamlit sets the theme as CSS variables; which of the two it is shows in the background.
function themeOf(root) {
  const probe = getComputedStyle(root.querySelector("section"));
  const background = probe.getPropertyValue("--st-background-color").trim();
  const rgb = [1, 3, 5].map((i) => parseInt(background.slice(i, i + 2), 16));
  return rgb[0] + rgb[1] + rgb[2] < 384 ? "dark" : "light";
}

