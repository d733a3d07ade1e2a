"""Both models of a view on the reader's text: what most pages begin with."""

import streamlit as st

from mla_core.traces import Trace
from ui import words
from ui.calibrating import ready_to_convert
from ui.live import Answer, answer, latent_of
from ui.requests import pair, request
from ui.state import CHUNK, View


def both_models(view: View) -> tuple[Answer, dict[str, Trace]]:
    """(the answer, its traces by model); stops the page with a sentence if there is nothing.

    The jobs are those of "Side by side": a reader who comes from there waits for nothing.
    """
    models = latent_of(lambda: pair(view))
    if view.pair in words.ORIGINALS:
        ready_to_convert(words.ORIGINALS[view.pair])
    shown = answer({model: request(model, view.prompt, new_tokens=CHUNK) for model in models})
    if shown.problem:
        st.error(shown.problem)
    if not shown.traces:
        st.stop()
    return shown, shown.traces
