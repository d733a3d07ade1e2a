"""Every head: what do all the heads look at?"""

import streamlit as st

from mla_core.ablation import Ablate
from ui import state, words
from ui.calibrating import ready_to_convert
from ui.components.wall import wall, wall_side
from ui.engine import ENGINE
from ui.heads import chosen_heads, headline
from ui.live import answer, go_live, latent_of, provenance
from ui.notes import notes
from ui.opening import opening
from ui.requests import pair, request
from ui.state import CHUNK


def picked_head() -> None:
    model, layer, head = st.session_state["wall"].head
    there = dict(st.session_state["wall_heads"]) | {model: (layer, head)}
    state.report("heads", tuple(there.items()))
    state.put(**{state.head_key(model): f"{layer}.{head}"})


def entered() -> None:
    model, layer, head = st.session_state["wall"].enter
    attention = list(words.ATTENTIONS)[list(dict(st.session_state["wall_heads"])).index(model)]
    state.put(attention=attention, stage=None, **{state.head_key(model): f"{layer}.{head}"})
    st.session_state["inside_next"] = True


def set_option() -> None:
    state.report_option(*st.session_state["wall"].option)


if st.session_state.pop("inside_next", False):
    st.switch_page("../pages/inside_one_head.py")
page = opening()
view = page.view
models = latent_of(lambda: pair(view))
if view.pair in words.ORIGINALS:
    ready_to_convert(words.ORIGINALS[view.pair])
# the same jobs as on "Side by side": a reader who comes from there waits for nothing
asked = {model: request(model, view.prompt, new_tokens=CHUNK) for model in models}
shown = answer(asked)
if shown.problem:
    st.error(shown.problem)
if shown.traces:
    heads = tuple(chosen_heads(shown.traces, view).items())
    st.session_state["wall_heads"] = heads
    ablations = {model: ENGINE.remembered(Ablate(model, view.prompt)) for model in models}
    place, jump = state.origin("heads", heads)
    wall(
        [
            wall_side(trace, ablations[model], page.tokenizer, provenance(trace, shown.live))
            for model, trace in shown.traces.items()
        ],
        headline=headline(shown.traces, ablations, page.tokenizer),
        corresponds=view.pair in words.ORIGINALS,
        origin=([head for _, head in place], jump),
        view=view,
        on_head=picked_head,
        on_option=set_option,
        on_enter=entered,
    )
    notes(words.HEADS_NOTES)
    if not shown.live:
        go_live(asked)
    elif not all(ablations.values()):
        go_live({model: Ablate(model, view.prompt) for model in models})
