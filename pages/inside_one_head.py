"""Inside one head: how does one pattern come about?"""

from functools import partial

import streamlit as st

from mla_core.experiments.inside_one_head import Dissect
from ui.components.inside_one_head import inside
from ui.jobs.live import answer, go_live, provenance
from ui.jobs.models_of_view import both_models
from ui.opening.opening import opening
from ui.show.export import take_away
from ui.show.heads import chosen_heads
from ui.show.notes import notes
from ui.state import url as state
from ui.words.en import common
from ui.words.en import inside_one_head as words


def stepped() -> None:
    step, about = st.session_state["inside"].stage
    if state.report("stage", step, about):
        state.put(stage=step)


page = opening()
view = page.view
_, traces = both_models(view)  # which head to open on shows in the patterns
offered = list(common.ATTENTIONS.items())[-len(traces) :]  # a large model has the MLA way only
model = list(traces)[[key for key, _ in offered].index(state.asked("attention", dict(offered)))]
dissected = {model: Dissect(model, view.prompt, *chosen_heads(traces, view)[model])}
opened = answer(dissected)
if opened.problem:
    st.error(opened.problem)
for anatomy in opened.traces.values():
    inside(
        anatomy,
        attentions=offered,
        view=view,
        origin=state.origin("stage", view.stage),
        source=words.INSIDE_SOURCE.format(
            provenance=provenance(anatomy.trace, opened.live), difference=anatomy.difference
        ),
        on_step=stepped,
        on_head=partial(state.picked_head, "inside"),
        on_option=partial(state.picked_option, "inside"),
    )
    notes(words.INSIDE_NOTES)
    take_away(dissected)
    if not opened.live:
        go_live(dissected)
