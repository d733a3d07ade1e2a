"""Inside one head: how does one pattern come about?"""

import streamlit as st

from mla_core.anatomy import Dissect
from ui import state, words
from ui.calibrating import ready_to_convert
from ui.components.inside import inside
from ui.heads import chosen_heads
from ui.live import answer, go_live, latent_of, provenance
from ui.notes import notes
from ui.opening import opening
from ui.requests import pair, request
from ui.state import CHUNK


def stepped() -> None:
    step = int(st.session_state["inside"].stage)
    state.report("stage", step)
    state.put(stage=step)


def picked_head() -> None:
    model, layer, head = st.session_state["inside"].head
    state.put(**{state.head_key(model): f"{layer}.{head}"})


def set_option() -> None:
    state.report_option(*st.session_state["inside"].option)


page = opening()
view = page.view
models = latent_of(lambda: pair(view))
if view.pair in words.ORIGINALS:
    ready_to_convert(words.ORIGINALS[view.pair])
model = models[list(words.ATTENTIONS).index(view.attention)]
asked = {name: request(name, view.prompt, new_tokens=CHUNK) for name in models}
shown = answer(asked)  # which head to open on shows in the patterns
if shown.problem:
    st.error(shown.problem)
if shown.traces:
    head = chosen_heads(shown.traces, view)[model]
    dissected = {model: Dissect(model, view.prompt, *head)}
    opened = answer(dissected)
    if opened.problem:
        st.error(opened.problem)
    for anatomy in opened.traces.values():
        inside(
            anatomy,
            attentions=list(words.ATTENTIONS.items()),
            view=view,
            origin=state.origin("stage", view.stage),
            source=words.INSIDE_SOURCE.format(
                provenance=provenance(anatomy.trace, opened.live), difference=anatomy.difference
            ),
            on_step=stepped,
            on_head=picked_head,
            on_option=set_option,
        )
        notes(words.INSIDE_NOTES)
        if not opened.live:
            go_live(dissected)
