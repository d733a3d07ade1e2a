// @ts-check
// Numbers and names as a reader sees them.

/**
 * A sentence with its values in their places: fill("{n} tokens", {n: 3}).
 * @param {string} text
 * @param {Record<string, any>} values
 */
export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

/** @param {number} p between 0 and 1 */
export const percent = (p) => (100 * p).toFixed(p >= 0.0995 && p < 0.995 ? 0 : 1) + " %";

/** @param {number} n */
export const bytes = (n) => n.toLocaleString("en-US") + " B";

/** @param {number} x */
export const whole = (x) => Math.round(x).toLocaleString("en-US");

/**
 * 1234567 as "1.2 M".
 * @param {number} x
 */
export const short = (x) => {
  const units = ["", "k", "M", "G", "T"];
  const step = Math.max(0, Math.min(4, Math.floor(Math.log10(Math.max(x, 1)) / 3)));
  const scaled = x / 1000 ** step;
  return `${scaled.toFixed(step && scaled < 100 && scaled % 1 ? 1 : 0)} ${units[step]}`.trim();
};

/** @param {string} text a number with a true minus sign */
export const minus = (text) => text.replace("-", "−");

/** @param {number} x */
export const tiny = (x) => minus(x.toExponential(1));

/**
 * @param {string} text
 * @param {number} most characters, with the sign that some are left out
 */
export const shorten = (text, most) => {
  const characters = [...text]; // not half of an emoji
  return characters.length > most ? `${characters.slice(0, most - 1).join("")}…` : text;
};
