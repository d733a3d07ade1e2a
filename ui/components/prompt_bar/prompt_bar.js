// @ts-check
// The prompt bar. Python counts the tokens of the draft with the models' own tokenizer; what
// somebody types stays in the box, whatever Python answers meanwhile.

import { el, finder } from "../lib/dom.js";
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
      clearTimeout(this.waiting);
      this.waiting = setTimeout(() => tell("draft", this.text.value), DRAFT_MS);
    };
    this.find(".bar").onsubmit = (event) => {
      event.preventDefault();
      this.run(this.text.value);
    };
  }

  load(data) {
    if (!this.data) this.build(data);
    const moved = this.data && data.prompt !== this.data.prompt; // by Run, a link, or Back
    if (moved && data.prompt !== this.asked) this.text.value = data.prompt;
    this.data = data;
    this.find(".note").textContent = data.note;
    this.find(".note").classList.toggle("problem", data.problem);
  }

  build({ words, readyMade, draft }) {
    this.text.value = draft;
    this.text.placeholder = words.label;
    this.text.setAttribute("aria-label", words.label);
    this.find(".run").textContent = words.run;
    this.find(".ready").replaceChildren(
      el("span", "", words.try),
      ...readyMade.map(([name, prompt]) => {
        const button = el("button", "", name);
        button.type = "button";
        button.title = prompt;
        button.onclick = () => {
          this.text.value = prompt;
          this.run(prompt);
        };
        return button;
      }),
    );
  }

  /** @param {string} prompt */
  run(prompt) {
    clearTimeout(this.waiting);
    this.asked = prompt; // the box has it, and what is typed from here on is newer
    this.tell("run", prompt);
  }

  end() {
    clearTimeout(this.waiting);
  }
}

export default asComponent((root, tell) => new PromptBar(root, tell));
