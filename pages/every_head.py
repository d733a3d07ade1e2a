"""Every head: what do all the heads look at?"""

from functools import partial

import streamlit as st

from mla_core.ablation import Ablate
from ui import state, words
from ui.both import both_models
from ui.components.wall import wall, wall_side
from ui.engine import ENGINE
from ui.export import closer_look
from ui.heads import chosen_heads, headline
from ui.live import go_live, provenance
from ui.notes import notes
from ui.opening import opening


def picked_head() -> None:
    model, layer, head = st.session_state["wall"].head
    there = dict(st.session_state["wall_heads"]) | {model: (layer, head)}
    state.report("heads", tuple(there.items()))
    state.picked_head("wall")


def entered() -> None:
    model, layer, head = st.session_state["wall"].enter
    attention = list(words.ATTENTIONS)[list(dict(st.session_state["wall_heads"])).index(model)]
    state.put(attention=attention, stage=None, **{state.head_key(model): f"{layer}.{head}"})
    st.session_state["inside_next"] = True


if st.session_state.pop("inside_next", False):
    st.switch_page("../pages/inside_one_head.py")
page = opening()
view = page.view
shown, traces = both_models(view)
heads = tuple(chosen_heads(traces, view).items())
st.session_state["wall_heads"] = heads
ablations = {model: ENGINE.remembered(Ablate(model, view.prompt)) for model in traces}
place, jump = state.origin("heads", heads)
wall(
    [
        wall_side(trace, ablations[model], page.tokenizer, provenance(trace, shown.live))
        for model, trace in traces.items()
    ],
    headline=headline(traces, ablations, page.tokenizer),
    corresponds=view.pair in words.ORIGINALS,
    origin=([head for _, head in place], jump),
    view=view,
    on_head=picked_head,
    on_option=partial(state.picked_option, "wall"),
    on_enter=entered,
)
notes(words.HEADS_NOTES)
closer_look(traces, dict(heads), hide_first=not view.sink)
if not shown.live:
    go_live(shown.asked)
elif not all(ablations.values()):
    go_live({model: Ablate(model, view.prompt) for model in traces})
