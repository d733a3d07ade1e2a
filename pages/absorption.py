"""Absorption: why need the keys never be rebuilt?"""

import streamlit as st

from mla_core.experiments.absorption.paths import Absorb
from ui.components.absorption import MOST_TOKENS, SHAPES, absorption
from ui.jobs.live import answer, go_live, provenance
from ui.jobs.models_of_view import both_models
from ui.opening.opening import opening
from ui.show.export import take_away
from ui.show.heads import chosen_heads
from ui.show.notes import notes
from ui.state import url as state
from ui.words.en import absorption as words

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
        context=state.asked_number("context", 1, MOST_TOKENS, 0) or None,
        shape=state.asked("shape", SHAPES),
        source=provenance(paths.trace, ran.live),
        on={"head": state.picked_head, "option": state.picked_option},
    )
    for model in ordinary:
        st.caption(words.NO_ABSORPTION.format(model=model, other=latent))
    notes(words.ABSORPTION_NOTES)
    take_away({latent: paths})
    if not ran.live:
        go_live(job)
