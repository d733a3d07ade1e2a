"""The prompt bar: a text box that tells what is typed while it is typed, and ready-made prompts."""

from ui.components import On, component

mount = component("prompt_bar")


def prompt_bar(
    *,
    prompt: str,
    draft: str,
    note: str,
    problem: bool,
    cut: dict[str, str] | None,
    words: dict[str, str],
    ready_made: list[list[str]],
    on: On,
) -> None:
    """Draws the bar.

    Args:
        prompt: the text that the page shows; the box takes it when a link or Back changes it.
        draft: what the box holds when the bar comes to the page.
        note: about the draft, e.g. its token count.
        problem: whether the note says why the draft cannot run.
        cut: of a draft that is too long, what fits: its `text`, and the `label` of the button.
        words: `label`, `run`, `help` (on the keys), `try`, `uncut`.
        ready_made: (name, prompt) pairs to choose from.
        on: "draft" and "run", each with the text.
    """
    data = {
        "prompt": prompt,
        "draft": draft,
        "note": note,
        "problem": problem,
        "cut": cut,
        "words": words,
        "readyMade": ready_made,
    }
    mount(key="prompt_bar", data=data, on=on)
