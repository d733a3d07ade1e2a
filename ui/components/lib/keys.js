// @ts-check
// Keys of the page. They work without a click first; whoever types or moves in a field of their
// own, of ours or of Streamlit's, keeps the key.

/** @typedef {Record<string, () => void>} Actions by the name of the key, "Shift+ArrowUp" */

/** @type {Keys[]} */
const mounted = [];
/** @type {Keys | null} */
let latest = null; // the component that the reader turned to last

const FIELDS = "input, select, textarea, [contenteditable]:not([contenteditable=false])";
const OWN_ARROWS = [
  "slider",
  "radio",
  "tab",
  "combobox",
  "listbox",
  "menu",
  "textbox",
  "grid",
  "dialog",
]
  .map((role) => `[role=${role}]`)
  .join();

/**
 * Whether the element under the keyboard needs this key itself.
 * @param {EventTarget | undefined} target
 * @param {string} key
 */
export function keptBy(target, key) {
  if (!(target instanceof Element)) return false;
  const onField = target.matches(FIELDS) || Boolean(target.closest(OWN_ARROWS));
  const presses = (key === " " || key === "Enter") && target.closest("button, a, summary");
  return onField || Boolean(presses);
}

/**
 * What somebody types in a field of a component: Streamlit sees the component as its target, and
 * would take "r" and "c" for its shortcuts.
 * @param {Event} event
 */
export function keepTyping(event) {
  const target = event.composedPath()[0];
  if (target instanceof Element && target.matches(FIELDS)) event.stopPropagation();
}

/** @param {KeyboardEvent} event */
function pressed(event) {
  if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
  const path = event.composedPath();
  if (keptBy(path[0], event.key)) return;
  const owner =
    mounted.find(({ root }) => path.includes(root)) ??
    (latest && mounted.includes(latest) ? latest : mounted[0]);
  const name = event.shiftKey ? `Shift+${event.key}` : event.key;
  const action = owner?.actions()[name];
  if (!action) return;
  event.preventDefault();
  event.stopPropagation(); // Streamlit binds keys of its own, on the document
  action();
}

/** @param {Event} event */
function turned(event) {
  const path = event.composedPath();
  latest = mounted.find(({ root }) => path.includes(root)) ?? latest;
}

/** Keys of one component; of several on a page, the one hears that the reader turned to last. */
export class Keys {
  /**
   * @param {Node} root of the component
   * @param {() => Actions} actions which keys do something now
   */
  constructor(root, actions) {
    this.root = root;
    this.actions = actions;
    if (mounted.length === 0) {
      document.body.addEventListener("keydown", pressed);
      document.addEventListener("pointerdown", turned, true);
    }
    mounted.push(this);
  }

  end() {
    mounted.splice(mounted.indexOf(this), 1);
    if (latest === this) latest = null;
    if (mounted.length) return;
    document.body.removeEventListener("keydown", pressed);
    document.removeEventListener("pointerdown", turned, true);
  }
}
