"""The models of a view on the reader's text: what most pages begin with."""

import streamlit as st

from mla_core.records.trace import Trace
from ui import catalogue
from ui.jobs.live import Answer, answer, or_stop
from ui.jobs.requests import models_of, request
from ui.opening.calibrating import ready_to_convert
from ui.state.url import CHUNK, View


def ready_pair(view: View) -> list[str]:
    """The models of a view, ready to run; stops the page with a sentence if they are not."""
    models = or_stop(lambda: models_of(view))
    if view.pair in catalogue.ORIGINALS:
        ready_to_convert(catalogue.ORIGINALS[view.pair])
    return models


def traces_of_view(view: View) -> tuple[Answer, dict[str, Trace]]:
    """(the answer, its traces by model); stops the page with a sentence if there is nothing.

    The jobs are those of "Side by side": a reader who comes from there waits for nothing.
    """
    shown = answer(
        {model: request(model, view.prompt, new_tokens=CHUNK) for model in ready_pair(view)}
    )
    if shown.problem:
        st.error(shown.problem)
    if not shown.traces:
        st.stop()
    return shown, shown.traces
