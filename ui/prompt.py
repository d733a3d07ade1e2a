"""The prompt bar of every page: counts, limits, ready-made texts."""

from contextlib import suppress

import streamlit as st

from mla_core.models.config import CheckpointError
from mla_core.models.locate import EMBEDDED, locate
from mla_core.models.tokenizer import Tokenizer, open_tokenizer
from ui import state, words
from ui.components.prompt_bar import prompt_bar

COUNTED_CHARACTERS = 20_000  # more than that is over the limit whatever it says


def tokenizer() -> Tokenizer | None:
    """The embedded models' tokenizer (they share one), or None when every copy is damaged."""
    for model in EMBEDDED:
        with suppress(CheckpointError):
            return open_tokenizer(locate(model))
    return None


def judge(text: str) -> tuple[str, bool]:
    """(a sentence about a text, whether it can run)."""
    if not text.strip():
        return words.EMPTY, False
    counter = tokenizer()
    if counter is None:
        return "", True
    count = len(counter.encode(text[:COUNTED_CHARACTERS])) + 1  # the start token is run too
    fits = count <= state.MAX_TOKENS
    form = words.COUNT if fits else words.TOO_LONG
    return form.format(count=count, limit=state.MAX_TOKENS), fits


def _typed() -> None:
    st.session_state["draft"] = st.session_state["prompt_bar"].draft


def _submitted() -> None:
    text = st.session_state["prompt_bar"].run
    if text is None:
        return
    st.session_state["draft"] = text
    if judge(text)[1]:
        state.new_prompt(text)
        st.session_state["whole_page"] = True


@st.fragment
def prompt() -> None:
    """Draws the bar; typing reruns only this fragment, Run the whole page."""
    if st.session_state.pop("whole_page", False):
        st.rerun()
    view = state.current()
    if st.session_state.get("prompt_on_stage") != view.prompt:
        st.session_state["prompt_on_stage"] = st.session_state["draft"] = view.prompt
    note, fits = judge(st.session_state["draft"] or "")
    prompt_bar(
        prompt=view.prompt,
        note=note,
        problem=not fits,
        words={"label": words.PROMPT_LABEL, "run": words.RUN, "try": words.TRY},
        ready_made=[[words.PROMPT_NAMES[name], text] for name, text in words.PROMPTS.items()],
        on_draft=_typed,
        on_run=_submitted,
    )
