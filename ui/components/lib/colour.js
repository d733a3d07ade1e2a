// @ts-check
// Scales of colour: palettes come from ui/figures/palette.py, as #rrggbb from low to high.

/** @param {string} colour #rrggbb */
const channels = (colour) => [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16));

/**
 * The colour of a share between 0 and 1.
 * @param {string[]} colours
 * @returns {(share: number) => string}
 */
export function ramp(colours) {
  const rgb = colours.map(channels);
  return (share) => {
    const x = Math.min(Math.max(share, 0), 1) * (rgb.length - 1);
    const i = Math.min(Math.floor(x), rgb.length - 2);
    return `rgb(${rgb[i].map((a, k) => Math.round(a + (x - i) * (rgb[i + 1][k] - a)))})`;
  };
}

/**
 * 256 steps of a scale, each one 32-bit pixel: for pictures that are painted number by number.
 * @param {(share: number) => string} colour
 * @param {number} [opacity] of 255
 */
export function table(colour, opacity = 255) {
  const steps = Array.from({ length: 256 }, (_, i) => [
    ...(colour(i / 255).match(/\d+/g) ?? []).map(Number),
    opacity,
  ]);
  return new Uint32Array(Uint8ClampedArray.from(steps.flat()).buffer);
}

/**
 * The step of a table for a share between 0 and 1.
 * @param {number} share
 */
export const stepOf = (share) => (share <= 0 ? 0 : share >= 1 ? 255 : (255 * share + 0.5) | 0);

/**
 * Where a signed number stands on a scale from -most to +most: 0 is the middle.
 * @param {number} value
 * @param {number} most
 */
export const signedShare = (value, most) => (value / most + 1) / 2;

/** @param {string[]} colours */
export const gradient = (colours) => `linear-gradient(to right, ${colours})`;

/**
 * A colour between two, all as #rrggbb.
 * @param {string} a
 * @param {string} b
 * @param {number} share of b
 */
export function mixed(a, b, share) {
  const [from, to] = [channels(a), channels(b)];
  const parts = from.map((x, i) => Math.round(x + share * (to[i] - x)));
  return "#" + parts.map((x) => x.toString(16).padStart(2, "0")).join("");
}

/**
 * Streamlit sets the theme as CSS variables; which of the two it is shows in the background.
 * @param {ParentNode} root of a component, with its one section
 * @returns {"light" | "dark"}
 */
export function themeOf(root) {
  const section = /** @type {Element} */ (root.querySelector("section"));
  const background = getComputedStyle(section).getPropertyValue("--st-background-color").trim();
  return channels(background).reduce((a, b) => a + b) < 384 ? "dark" : "light";
}
