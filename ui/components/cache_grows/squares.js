// @ts-check
// The caches of a long text as squares: equal areas are equal bytes.

import { el } from "../lib/dom.js";

const LARGEST_PX = 150;

/** @param {{name: string, bytes: number, told: string, colour: string}[]} sizes */
export function squares(sizes) {
  const most = Math.max(...sizes.map(({ bytes }) => bytes));
  return sizes.map(({ name, bytes, told, colour }) => {
    const figure = el("figure");
    const square = el("i");
    const side = `${LARGEST_PX * Math.sqrt(bytes / most)}px`;
    Object.assign(square.style, { width: side, height: side });
    square.style.setProperty("--square", colour);
    figure.append(square, el("b", "", told), el("br"), name);
    return figure;
  });
}
