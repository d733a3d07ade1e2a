"""Position: why is there a second small key?"""

from typing import Any

import streamlit as st

from mla_core.engine.engine import Job
from mla_core.experiments.position.positions import SHIFTS, Entangle, Move
from ui.components.position import position
from ui.jobs.live import answer, go_live, provenance
from ui.jobs.models_of_view import both_models
from ui.opening.opening import opening
from ui.show.export import take_away
from ui.show.heads import chosen_heads
from ui.show.notes import notes
from ui.state import url as state
from ui.words.en import position as words

page = opening()
view = page.view
_, traces = both_models(view)  # which head to open on shows in the patterns
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
        shift=state.asked_number("shift", 0, max(SHIFTS), 0),
        positions=state.asked("positions", ["on", "off"]) == "on",
        source=" · ".join(provenance(one.trace, ran.live) for one in moved),
        on={"head": state.picked_head, "option": state.picked_option},
    )
    for one in moved:
        room = one.trace.config.max_position_embeddings - len(one.trace.tokens)
        if len(one.shifts) < sum(shift <= room for shift in SHIFTS):
            st.caption(words.FEWER_SHIFTS.format(most=one.shifts[-1], model=one.trace.model))
    notes(words.POSITION_NOTES)
    take_away({one.trace.model: one for one in moved})
    if not ran.live:
        go_live(jobs)
