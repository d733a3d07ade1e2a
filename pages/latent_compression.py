"""Latent compression: how small can the latent be before the model breaks?"""

from typing import Any

import streamlit as st

from mla_core.engine.engine import Job
from mla_core.experiments.latent_compression.compare import Descend
from mla_core.experiments.latent_compression.compression import Inspect
from mla_core.records.trace import Trace
from ui import catalogue
from ui.components.latent_compression import latent_compression
from ui.jobs.live import answer, go_live, latent_of, provenance
from ui.jobs.recordings import along
from ui.jobs.requests import conversion, request
from ui.latent_compression.evidence import below, failing, unmeasured
from ui.latent_compression.own_text import own_text, own_text_box
from ui.opening.calibrating import ready_to_convert
from ui.opening.opening import opening
from ui.show.heads import chosen_head
from ui.show.notes import notes
from ui.state import url as state
from ui.state.url import CHUNK
from ui.words.en import latent_compression as words


def sized(rank: int) -> None:
    state.put(rank=rank)


def picked_model() -> None:
    state.put(model=st.session_state["model"], rank=None)


page = opening()
view = page.view
model = view.converted
if len(catalogue.CONVERTED[view.pair]) > 1:
    st.session_state["model"] = model
    page.row.radio(
        words.CONVERTED_LABEL,
        catalogue.CONVERTED[view.pair],
        key="model",
        on_change=picked_model,
        horizontal=True,
        label_visibility="collapsed",
        format_func=words.CONVERTED_NAMES.__getitem__,
    )
if view.alone:
    st.info(words.LATENT_ALREADY.format(model=view.large))
text = own_text()
name = str(latent_of(lambda: conversion(view, model, text)))
ready_to_convert(model)
asked: dict[str, Job[Any]] = {
    "before": request(model, view.prompt, new_tokens=CHUNK),
    "after": along(name, view.prompt),
    "inside": Inspect(name),
}
shown = answer(asked)
if shown.problem:
    st.error(shown.problem)
if shown.traces:
    before: Trace = shown.traces["before"]
    after, inside = shown.traces["after"], shown.traces["inside"]
    head = chosen_head(before, view)
    descent = Descend(model, view.prompt, view.method, view.layerwise, text)
    latent_compression(
        before,
        after,
        inside,
        tokenizer=page.tokenizer,
        head=head,
        view=view,
        fails=failing(descent, before, page.tokenizer),
        source=words.COMPUTED_COMPRESSION.format(
            after=provenance(after, shown.live),
            method=view.method,
            tokens=inside.calibration_tokens,
            whose=words.WHOSE_TEXT[bool(text)],
        ),
        on={"rank": sized, "head": state.picked_head, "option": state.picked_option},
    )
    below(model, name, view.prompt, inside, head[0])
    notes(words.WHY_NOTES + (words.WHY_CURVE if view.pair != "gpt2" else ""))
    waiting = unmeasured(descent, name) if shown.live else asked
    if waiting:
        go_live(waiting)
own_text_box()
