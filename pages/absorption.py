"""Absorption: why need the keys never be rebuilt?"""

import streamlit as st

from mla_core.experiments.absorption import Absorb
from ui.components.absorption import absorption
from ui.jobs.live import answer, go_live, provenance
from ui.jobs.models_of_view import traces_of_view
from ui.opening.opening import opening
from ui.show.export import take_away
from ui.show.heads import chosen_heads
from ui.show.notes import notes
from ui.state import url
from ui.words.en import absorption as words

page = opening("absorption")
view = page.view
_, traces = traces_of_view(view)  # which head to open on shows in the patterns
*ordinary, latent = traces
job = {latent: Absorb(latent, view.prompt, *chosen_heads(traces, view)[latent])}
ran = answer(job)
if ran.problem:
    st.error(ran.problem)
for paths in ran.traces.values():
    absorption(
        paths,
        page.tokenizer,
        view=view,
        source=provenance(paths.trace, ran.live),
        on={"head": url.set_head, "option": url.set_option},
    )
    for model in ordinary:
        st.caption(words.NO_ABSORPTION.format(model=model, other=latent))
    notes(words.ABSORPTION_NOTES)
    take_away(job)
    if not ran.live:
        go_live(job)
