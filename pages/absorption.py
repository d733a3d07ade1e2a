"""Absorption: why need the keys never be rebuilt?"""

import streamlit as st

from mla_core.absorption import Absorb
from ui import state, words
from ui.calibrating import ready_to_convert
from ui.components.absorption import absorption
from ui.heads import chosen_heads
from ui.live import answer, go_live, latent_of, provenance
from ui.notes import notes
from ui.opening import opening
from ui.requests import pair, request
from ui.state import CHUNK


def picked_head() -> None:
    model, layer, head = st.session_state["absorption"].head
    state.put(**{state.head_key(model): f"{layer}.{head}"})


page = opening()
view = page.view
models = latent_of(lambda: pair(view))
if view.pair in words.ORIGINALS:
    ready_to_convert(words.ORIGINALS[view.pair])
ordinary, latent = models
asked = {name: request(name, view.prompt, new_tokens=CHUNK) for name in models}
shown = answer(asked)  # which head to open on shows in the patterns
if shown.problem:
    st.error(shown.problem)
if shown.traces:
    job = {latent: Absorb(latent, view.prompt, *chosen_heads(shown.traces, view)[latent])}
    ran = answer(job)
    if ran.problem:
        st.error(ran.problem)
    for paths in ran.traces.values():
        absorption(paths, source=provenance(paths.trace, ran.live), on_head=picked_head)
        st.caption(words.NO_ABSORPTION.format(model=ordinary, other=latent))
        notes(words.ABSORPTION_NOTES)
        if not ran.live:
            go_live(job)
