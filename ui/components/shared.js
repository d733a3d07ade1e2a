// What all components share; `script` puts it before each of them.

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
const percent = (p) => (100 * p).toFixed(p >= 0.0995 && p < 0.995 ? 0 : 1) + " %";
const bytes = (n) => n.toLocaleString("en-US") + " B";

function el(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text; // never innerHTML: token text is the reader's
  return node;
}

function floats(base64) {
  const raw = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  return new Float32Array(raw.buffer);
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

