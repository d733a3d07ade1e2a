"""The prompt bar: a text box that tells what is typed while it is typed, and ready-made prompts."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from ui.components import source

_mount = st.components.v2.component(
    "mla_explorer_prompt_bar",
    html=source("prompt_bar", "prompt_bar.html"),
    css=source("prompt_bar", "prompt_bar.css"),
    js=source("prompt_bar", "prompt_bar.js"),
)


def prompt_bar(
    *,
    prompt: str,
    note: str,
    problem: bool,
    words: dict[str, str],
    ready_made: list[list[str]],
    on_draft: Callable[[], None],
    on_run: Callable[[], None],
) -> Any:
    """Draws the bar.

    Args:
        prompt: the text that is on the stage; the box takes it when it changes.
        note: about the draft, e.g. its token count.
        problem: whether the note says why the draft cannot run.
        words: `label`, `run`, `try`.
        ready_made: (name, prompt) pairs to choose from.
        on_draft, on_run: read `st.session_state["prompt_bar"]` for `.draft` and `.run`.
    """
    data = {
        "prompt": prompt,
        "note": note,
        "problem": problem,
        "words": words,
        "readyMade": ready_made,
    }
    return _mount(key="prompt_bar", data=data, on_draft_change=on_draft, on_run_change=on_run)
