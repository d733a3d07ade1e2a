// @ts-check
// Elements of a page.

const SVG = "http://www.w3.org/2000/svg";

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {string} [className]
 * @param {string | number} [text]
 * @returns {HTMLElementTagNameMap[T]}
 */
export function el(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = String(text); // never innerHTML: tokens are the reader's
  return node;
}

/**
 * An element of a drawing.
 * @param {string} name
 * @param {Record<string, string | number>} attributes
 * @param {string | number} [text]
 */
export function svg(name, attributes = {}, text) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value));
  if (text !== undefined) node.textContent = String(text);
  return node;
}

/**
 * Finds the elements of a component's markup by their selector; which kind each is, the markup says.
 * @param {ParentNode} root
 * @returns {(selector: string) => any}
 */
export const finder = (root) => (selector) => root.querySelector(selector);

/**
 * Fills a select once, and sets it.
 * @param {HTMLSelectElement} select
 * @param {[string | number, string | number][]} options value and text of each
 * @param {string | number} chosen
 */
export function choices(select, options, chosen) {
  if (select.length !== options.length)
    select.replaceChildren(
      ...options.map(([value, text]) => new Option(String(text), String(value))),
    );
  select.value = String(chosen);
}

/**
 * The numbers below n, as choices.
 * @param {number} n
 * @returns {[number, number][]}
 */
export const numbers = (n) => Array.from({ length: n }, (_, i) => [i, i]);

/**
 * A canvas in its frame, with the line that `showTip` shows beside the pointer.
 * @param {string} [label] what the picture is, for who cannot see it
 */
export function picture(label) {
  const frame = el("div", "map");
  const canvas = el("canvas");
  canvas.setAttribute("role", "img");
  if (label) canvas.setAttribute("aria-label", label);
  frame.append(canvas, el("div", "tip"));
  return { frame, canvas };
}

/**
 * The line beside the pointer; empty text hides it. The tip stands behind its canvas.
 * @param {HTMLElement} canvas
 * @param {{offsetX: number, offsetY: number} | null} place
 * @param {string | null | false} text
 */
export function showTip(canvas, place, text) {
  const tip = /** @type {HTMLElement} */ (canvas.nextElementSibling);
  tip.style.display = text ? "block" : "none";
  if (!text || !place) return;
  tip.textContent = text;
  const left = Math.min(place.offsetX + 14, canvas.clientWidth - tip.offsetWidth);
  tip.style.left = `${Math.max(0, left)}px`;
  tip.style.top = `${place.offsetY + 16}px`;
}

/**
 * Shows what `told` says of the place under the pointer, as long as the pointer is there.
 * @param {HTMLElement} canvas
 * @param {(event: PointerEvent) => string | null | false} told
 */
export function tips(canvas, told) {
  canvas.onpointermove = (event) => showTip(canvas, event, told(event));
  canvas.onpointerleave = () => showTip(canvas, null, "");
}

/**
 * Draws again when an element gets another width. Returns what ends that.
 * @param {Element} element
 * @param {() => void} draw
 */
export function onResize(element, draw) {
  let width = element.clientWidth;
  const observer = new ResizeObserver(() => {
    if (element.clientWidth === width) return;
    width = element.clientWidth;
    draw();
  });
  observer.observe(element);
  return () => observer.disconnect();
}
