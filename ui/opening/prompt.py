"""The prompt bar of every page: counts, limits, ready-made texts."""

from functools import partial

import streamlit as st

from ui import catalogue
from ui.catalogue import Chapter
from ui.components.prompt_bar import prompt_bar
from ui.opening.token_count import count_tokens
from ui.state import url
from ui.words.en import common as words


def _whole(text: str) -> str:
    """Half a character (a lone surrogate) cannot be encoded: it becomes U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _typed(text: str) -> None:
    st.session_state["draft"] = _whole(text)


def _submitted(text: str, chapter: Chapter) -> None:
    text = _whole(text)
    st.session_state["draft"] = text
    if count_tokens(text, url.read(chapter)).fits:
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
    counted = count_tokens(st.session_state["draft"], view)
    cut = None
    if counted.cut is not None:
        text, count = counted.cut
        cut = {"text": text, "label": words.CUT.format(count=count)}
    prompt_bar(
        prompt=view.prompt,
        draft=st.session_state["draft"],
        note=counted.note,
        problem=not counted.fits,
        cut=cut,
        words={
            "label": words.PROMPT_LABEL,
            "run": words.RUN,
            "help": words.RUN_HELP,
            "try": words.TRY,
            "uncut": words.UNCUT,
        },
        ready_made=[[words.PROMPT_NAMES[name], text] for name, text in catalogue.PROMPTS.items()],
        on={"draft": _typed, "run": partial(_submitted, chapter=chapter)},
    )
