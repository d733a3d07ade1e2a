"""A calibration text of the reader's own: what a latent should be good at."""

import streamlit as st

from ui.jobs.engine import ENGINE
from ui.words.en import latent_compression as words

LIMIT = 20_000  # characters, a few thousand tokens


def own_text() -> str:
    """The key of the text that this reader calibrates on; empty for ours."""
    text = st.session_state.get("calibration_text", "")
    return ENGINE.keep_text(text) if text else ""


def _use() -> None:
    st.session_state["calibration_text"] = st.session_state["calibration_box"]


def _use_ours() -> None:
    st.session_state["calibration_text"] = ""


def own_text_box() -> None:
    """Where it is typed; what is typed stays, whatever becomes of it."""
    with st.expander(words.OWN_TEXT, expanded=bool(st.session_state.get("calibration_text"))):
        st.caption(words.OWN_TEXT_ABOUT)
        st.text_area(
            words.OWN_TEXT, key="calibration_box", max_chars=LIMIT, label_visibility="collapsed"
        )
        with st.container(horizontal=True):
            st.button(words.OWN_TEXT_USE, on_click=_use, key="use_own_text")
            if st.session_state.get("calibration_text"):
                st.button(words.OWN_TEXT_OURS, on_click=_use_ours, key="use_our_text")
