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
