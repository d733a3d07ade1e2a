// @ts-check
// The prompt bar. Python counts the tokens of the draft with the models' own tokenizer; what
// somebody types stays in the box, whatever Python answers meanwhile.

import { el, finder, onResize } from "../lib/dom.js";
import { asComponent } from "../lib/events.js";

const DRAFT_MS = 180;

class PromptBar {
  /**
   * @param {ShadowRoot | HTMLElement} root
   * @param {import("../lib/events.js").Tell} tell
   */
  constructor(root, tell) {
    this.find = finder(root);
    this.tell = tell;
    this.text = this.find(".text");
    this.text.oninput = () => {
      this.whole = null; // what is typed now is newer than what was cut
      this.grow();
      this.offer();
      clearTimeout(this.waiting);
      this.waiting = setTimeout(() => tell("draft", this.text.value), DRAFT_MS);
    };
    /** @param {KeyboardEvent} event */
    this.text.onkeydown = (event) => {
      // Enter also ends the choice of a Chinese character
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.run(this.text.value);
    };
    this.find(".cut").onclick = () => this.cut();
    this.find(".uncut").onclick = () => this.putBack();
    this.unwatch = onResize(this.text, () => this.grow());
    this.find(".bar").onsubmit = (event) => {
      event.preventDefault();
      this.run(this.text.value);
    };
  }

  load(data) {
    if (!this.data) this.build(data);
    const moved = this.data && data.prompt !== this.data.prompt; // by Run, a link, or Back
    if (moved && data.prompt !== this.asked) this.write(data.prompt);
    this.data = data;
    this.offer();
    this.find(".note").textContent = data.note;
    this.find(".note").classList.toggle("problem", data.problem);
  }

  build({ words, readyMade, draft }) {
    this.write(draft);
    this.text.placeholder = words.label;
    this.text.setAttribute("aria-label", words.label);
    this.find(".run").textContent = words.run;
    this.find(".run").title = words.help;
    this.find(".uncut").textContent = words.uncut;
    this.find(".ready").replaceChildren(
      el("span", "", words.try),
      ...readyMade.map(([name, prompt]) => {
        const button = el("button", "", name);
        button.type = "button";
        button.title = prompt;
        button.onclick = () => {
          this.write(prompt);
          this.run(prompt);
        };
        return button;
      }),
    );
  }

  /** @param {string} text in place of what the box holds */
  write(text) {
    this.text.value = text;
    this.whole = null;
    this.grow();
  }

  /** As high as the text; one line stays one line. */
  grow() {
    const { style } = this.text;
    style.height = "auto";
    const borders = this.text.offsetHeight - this.text.clientHeight;
    style.height = `${this.text.scrollHeight + borders}px`;
  }

  /** Offers what fits of a text that is too long, and the whole one as long as that is shown. */
  offer() {
    const { cut } = this.data;
    this.find(".cut").hidden = !cut;
    if (cut) this.find(".cut").textContent = cut.label;
    this.find(".uncut").hidden = !this.whole;
  }

  cut() {
    const { text } = this.data.cut;
    const whole = this.text.value;
    this.write(text);
    this.whole = whole;
    this.offer();
    this.run(text);
  }

  putBack() {
    this.write(this.whole);
    this.offer();
    this.tell("draft", this.text.value);
    this.text.focus();
  }

  /** @param {string} prompt */
  run(prompt) {
    clearTimeout(this.waiting);
    this.asked = prompt; // the box has it, and what is typed from here on is newer
    this.tell("run", prompt);
  }

  end() {
    clearTimeout(this.waiting);
    this.unwatch();
  }
}

export default asComponent((root, tell) => new PromptBar(root, tell));
