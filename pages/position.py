"""Position: why is there a second small key?"""

from typing import Any

import streamlit as st

from mla_core.engine import Job
from mla_core.positions import Entangle, Move
from ui import state, words
from ui.calibrating import ready_to_convert
from ui.components.position import positions
from ui.heads import chosen_heads
from ui.live import answer, go_live, latent_of, provenance
from ui.notes import notes
from ui.opening import opening
from ui.requests import pair, request
from ui.state import CHUNK


def picked_head() -> None:
    model, layer, head = st.session_state["position"].head
    state.put(**{state.head_key(model): f"{layer}.{head}"})


def set_option() -> None:
    state.report_option(*st.session_state["position"].option)


page = opening()
view = page.view
models = latent_of(lambda: pair(view))
if view.pair in words.ORIGINALS:
    ready_to_convert(words.ORIGINALS[view.pair])
asked = {name: request(name, view.prompt, new_tokens=CHUNK) for name in models}
shown = answer(asked)  # which head to open on shows in the patterns
if shown.problem:
    st.error(shown.problem)
if shown.traces:
    heads = chosen_heads(shown.traces, view)
    jobs: dict[str, Job[Any]] = {model: Move(model, view.prompt) for model in models}
    jobs["entangled"] = Entangle(models[1], view.prompt, *heads[models[1]])
    moved = answer(jobs)
    if moved.problem:
        st.error(moved.problem)
    if moved.traces:
        both = [moved.traces[model] for model in models]
        positions(
            both,
            [heads[model] for model in models],
            moved.traces["entangled"],
            tokenizer=page.tokenizer,
            view=view,
            source=" · ".join(provenance(one.trace, moved.live) for one in both),
            on_head=picked_head,
            on_option=set_option,
        )
        notes(words.POSITION_NOTES)
        if not moved.live:
            go_live(jobs)
