"""Side by side: what do two kinds of attention make of the same sentence?"""

import math

import streamlit as st

from mla_core.heads import informative_head
from mla_core.traces import Trace
from ui import state, words
from ui.components.stage import side, stage
from ui.export import closer_look
from ui.live import answer, go_live
from ui.notes import notes
from ui.prompt import prompt
from ui.requests import requests
from ui.tokens import judge, tokenizer


def chosen_head(trace: Trace, view: state.View) -> tuple[int, int]:
    """The reader's head where this model has it, else the most informative one."""
    layers, heads = trace.pattern.shape[:2]
    layer, head = view.heads.get(trace.model, (layers, heads))
    if layer < layers and head < heads:
        return layer, head
    given = trace.prompt_length
    return informative_head(trace.pattern[..., :given, :given], trace.tokens[:given])


def stepped() -> None:
    state.report_step(int(st.session_state["stage"].step))


def picked_head() -> None:
    model, layer, head = st.session_state["stage"].head
    state.put(**{model: f"{layer}.{head}"})


def set_option() -> None:
    state.report_option(*st.session_state["stage"].option)


def source(trace: Trace, live: bool) -> str:
    form = words.COMPUTED if live else words.RECORDED
    said = form.format(device=trace.device, model=trace.model, dtype=trace.dtype)
    return said + words.THROUGH.get(trace.engine, "")


view = state.current()
prompt()
if not judge(view.prompt)[1]:
    st.stop()  # the bar has said what to do

counter = tokenizer()
if counter is None:
    st.error(words.NO_TOKENIZER)
    st.stop()

# as many new tokens as the reader has stepped to, and a chunk more
prompt_length = len(counter.encode(view.prompt)) + 1
wanted = (view.step or 0) + 1 - prompt_length
new_tokens = min(state.MAX_NEW, state.CHUNK * max(1, math.ceil(wanted / state.CHUNK)))
asked = requests(view, list(words.MODELS), new_tokens)
shown = answer(asked)

if shown.problem:
    st.error(shown.problem)
if shown.traces:
    heads = {model: chosen_head(trace, view) for model, trace in shown.traces.items()}
    stage(
        [
            side(
                trace,
                counter,
                heads[model],
                source(trace, shown.live),
            )
            for model, trace in shown.traces.items()
        ],
        prompt=view.prompt,
        origin=state.stage_origin(view),
        view=view,
        may_grow=new_tokens < state.MAX_NEW,
        on_step=stepped,
        on_head=picked_head,
        on_option=set_option,
    )
    notes(words.NOTES)
    closer_look(shown.traces, heads, hide_first=not view.sink)
if not shown.live and shown.traces:
    go_live(asked)
