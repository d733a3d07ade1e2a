"""Position: why is there a second small key?"""

from typing import Any

import streamlit as st

from mla_core.experiments import Job
from mla_core.experiments.position import SHIFTS, Entangle, Move
from ui.components.position import position
from ui.jobs.live import answer, go_live, provenance
from ui.jobs.models_of_view import traces_of_view
from ui.opening.opening import opening
from ui.show.export import take_away
from ui.show.heads import chosen_heads
from ui.show.notes import notes
from ui.state import url
from ui.words.en import position as words

page = opening("position")
view = page.view
_, traces = traces_of_view(view)  # which head to open on shows in the patterns
heads = chosen_heads(traces, view)
latent = list(traces)[-1]
jobs: dict[str, Job[Any]] = {model: Move(model, view.prompt) for model in traces}
jobs["entangled"] = Entangle(latent, view.prompt, *heads[latent])
ran = answer(jobs)
if ran.problem:
    st.error(ran.problem)
if ran.traces:
    moved = [ran.traces[model] for model in traces]
    position(
        moved,
        list(heads.values()),
        ran.traces["entangled"],
        tokenizer=page.tokenizer,
        view=view,
        source=" · ".join(provenance(one.trace, ran.live) for one in moved),
        on={"head": url.set_head, "option": url.set_option},
    )
    for one in moved:
        room = one.trace.config.max_position_embeddings - len(one.trace.tokens)
        if len(one.shifts) < sum(shift <= room for shift in SHIFTS):
            st.caption(words.FEWER_SHIFTS.format(most=one.shifts[-1], model=one.trace.model))
    notes(words.POSITION_NOTES)
    take_away({model: jobs[model] for model in traces})
    if not ran.live:
        go_live(jobs)
