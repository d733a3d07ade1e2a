// @ts-check
// What a reader takes along.

import { el } from "./dom.js";

/**
 * Hands the reader a file.
 * @param {string} name
 * @param {Blob} blob
 */
export function save(name, blob) {
  const link = el("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/**
 * A row of buttons that take a picture along.
 * @param {Record<string, string>} words `label`, and a name for each format
 * @param {Record<string, () => void>} formats what each does
 */
export function exportRow(words, formats) {
  const row = el("span", "exports");
  row.append(el("span", "", words.label));
  for (const [format, action] of Object.entries(formats)) {
    const button = el("button", format, words[format]);
    button.type = "button";
    button.setAttribute("aria-label", `${words.label}: ${words[format]}`);
    button.onclick = action;
    row.append(button);
  }
  return row;
}

/**
 * A drawing as pixels, so many times as large.
 * @param {string} svg
 * @param {number} scale
 * @returns {Promise<Blob>} a PNG
 */
export async function pixelsOf(svg, scale) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = el("canvas");
  [canvas.width, canvas.height] = [image.width * scale, image.height * scale];
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob((blob) => done(/** @type {Blob} */ (blob))));
}
