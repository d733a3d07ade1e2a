"""The model switch: the built-in pair, GPT-2 beside its own conversion, a large model alone."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mla_core.models.hub import on_this_machine
from ui import catalogue
from ui.opening.downloads import offer
from ui.opening.large_models import large_models
from ui.state import url
from ui.words.en import common as words


def _chosen() -> None:
    pair = st.session_state["pair"] or "mini"
    url.put(pair=None if pair == "mini" else pair, converted=None, rank=None, step=None)


def switch(view: url.View) -> DeltaGenerator:
    """Draws the switch; stops the page at the download where a model is not here yet.

    Returns:
        The row that it stands in, for what else a page chooses.
    """
    st.session_state["pair"] = view.pair
    row = st.container(horizontal=True, vertical_alignment="center", gap="medium")
    row.segmented_control(
        words.PAIR_LABEL,
        catalogue.PAIRS,
        format_func=words.PAIRS.__getitem__,
        key="pair",
        on_change=_chosen,
        label_visibility="collapsed",
    )
    if view.pair == "gpt2" and on_this_machine("gpt2") is None:
        offer("gpt2", "GPT-2", "548 MB")
        st.stop()
    if view.pair == "large":
        large_models(view, row)
    return row
