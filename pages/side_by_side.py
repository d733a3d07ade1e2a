"""Side by side: what do two kinds of attention make of the same sentence?"""

import math
from functools import partial

import streamlit as st

from ui.components.side_by_side import side, stage
from ui.jobs.live import answer, go_live, provenance
from ui.jobs.models_of_view import ready_pair
from ui.jobs.requests import requests
from ui.opening.opening import opening
from ui.show.export import closer_look
from ui.show.heads import chosen_heads
from ui.show.notes import notes
from ui.state import url as state
from ui.words.en import side_by_side as words


def stepped() -> None:
    step, about = st.session_state["stage"].step
    if state.report("step", step, about):
        state.put(step=step)


page = opening()
view = page.view
models = ready_pair(view)

# as many new tokens as the reader has stepped to, and a chunk more
prompt_length = len(page.tokenizer.encode(view.prompt)) + 1
wanted = (view.step or 0) + 1 - prompt_length
new_tokens = min(state.MAX_NEW, state.CHUNK * max(1, math.ceil(wanted / state.CHUNK)))
asked = requests(view, models, new_tokens)
shown = answer(asked)

if shown.problem:
    st.error(shown.problem)
if shown.traces:
    heads = chosen_heads(shown.traces, view)
    stage(
        [
            side(
                trace,
                page.tokenizer,
                heads[model],
                provenance(trace, shown.live),
            )
            for model, trace in shown.traces.items()
        ],
        prompt=view.prompt,
        origin=state.origin("step", view.step),
        view=view,
        may_grow=new_tokens < state.MAX_NEW,
        on_step=stepped,
        on_head=partial(state.picked_head, "stage"),
        on_option=partial(state.picked_option, "stage"),
    )
    notes(words.NOTES[view.pair])
    closer_look(shown.traces, asked, heads, hide_first=not view.sink)
if not shown.live and shown.traces:
    go_live(asked)
