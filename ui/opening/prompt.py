"""The prompt bar of every page: counts, limits, ready-made texts."""

from functools import partial

import streamlit as st

from ui import catalogue
from ui.catalogue import Chapter
from ui.components.prompt_bar import prompt_bar
from ui.opening.token_count import count_tokens
from ui.state import url
from ui.words.en import common as words


def _typed(text: str) -> None:
    st.session_state["draft"] = text


def _submitted(text: str, chapter: Chapter) -> None:
    st.session_state["draft"] = text
    if count_tokens(text, url.read(chapter))[1]:
        url.new_prompt(text)
        st.session_state["whole_page"] = True


@st.fragment
def prompt(chapter: Chapter) -> None:
    """Draws the bar; typing reruns only this fragment, Run the whole page."""
    if st.session_state.pop("whole_page", False):
        st.rerun()
    view = url.read(chapter)
    if st.session_state.get("prompt_on_stage") != view.prompt:
        st.session_state["prompt_on_stage"] = st.session_state["draft"] = view.prompt
    note, fits = count_tokens(st.session_state["draft"], view)
    prompt_bar(
        prompt=view.prompt,
        draft=st.session_state["draft"],
        note=note,
        problem=not fits,
        words={"label": words.PROMPT_LABEL, "run": words.RUN, "try": words.TRY},
        ready_made=[[words.PROMPT_NAMES[name], text] for name, text in catalogue.PROMPTS.items()],
        on={"draft": _typed, "run": partial(_submitted, chapter=chapter)},
    )
