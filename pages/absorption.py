"""Absorption: why need the keys never be rebuilt?"""

from functools import partial

import streamlit as st

from mla_core.absorption import Absorb
from ui import state, words
from ui.both import both_models
from ui.components.absorption import absorption
from ui.export import take_away
from ui.heads import chosen_heads
from ui.live import answer, go_live, provenance
from ui.notes import notes
from ui.opening import opening

page = opening()
view = page.view
_, traces = both_models(view)  # which head to open on shows in the patterns
*ordinary, latent = traces
job = {latent: Absorb(latent, view.prompt, *chosen_heads(traces, view)[latent])}
ran = answer(job)
if ran.problem:
    st.error(ran.problem)
for paths in ran.traces.values():
    absorption(
        paths,
        source=provenance(paths.trace, ran.live),
        on_head=partial(state.picked_head, "absorption"),
    )
    for model in ordinary:
        st.caption(words.NO_ABSORPTION.format(model=model, other=latent))
    notes(words.ABSORPTION_NOTES)
    take_away({latent: paths})
    if not ran.live:
        go_live(job)
