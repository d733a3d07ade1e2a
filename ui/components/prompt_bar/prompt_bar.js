// The prompt bar. Python counts the tokens of the draft with the models' own tokenizer; the box
// itself is never written to while somebody types.

const shown = new WeakMap(); // root -> the prompt that Python last put into the box
const DRAFT_MS = 180;

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  const find = (name) => parentElement.querySelector("." + name);
  const text = find("text");
  text.setAttribute("aria-label", data.words.label);
  text.placeholder = data.words.label;
  find("run").textContent = data.words.run;
  if (shown.get(parentElement) !== data.prompt) {
    shown.set(parentElement, data.prompt);
    text.value = data.prompt;
  }
  find("note").textContent = data.note;
  find("note").classList.toggle("problem", data.problem);

  let waiting;
  text.oninput = () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => setStateValue("draft", text.value), DRAFT_MS);
  };
  text.onkeydown = (event) => event.stopPropagation(); // letters are shortcuts of the page
  find("bar").onsubmit = (event) => {
    event.preventDefault();
    clearTimeout(waiting);
    setTriggerValue("run", text.value);
  };
  const ready = find("ready");
  if (ready.childElementCount === 0) {
    const label = document.createElement("span");
    label.textContent = data.words.try;
    ready.append(label);
    for (const [name, prompt] of data.readyMade) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = name;
      button.title = prompt;
      button.onclick = () => {
        text.value = prompt;
        setTriggerValue("run", prompt);
      };
      ready.append(button);
    }
  }
  return () => clearTimeout(waiting);
}
