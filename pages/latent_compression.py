"""Latent compression: how small can the latent be before the model breaks?"""

from typing import Any

import streamlit as st

from mla_core.experiments import Job
from mla_core.experiments.latent_compression import (
    Compare,
    Comparison,
    Compression,
    Descend,
    Inspect,
)
from mla_core.records.trace import Trace
from ui import catalogue
from ui.components.latent_compression import latent_compression
from ui.jobs.live import answer, go_live, or_stop, provenance
from ui.jobs.requests import conversion, request
from ui.latent_compression.evidence import below, failing, unmeasured
from ui.latent_compression.own_text import own_text, own_text_box
from ui.opening.calibrating import ready_to_convert
from ui.opening.opening import opening
from ui.show.heads import chosen_head
from ui.show.notes import notes
from ui.state import url
from ui.state.url import CHUNK
from ui.words.en import latent_compression as words


def sized(rank: int) -> None:
    url.put(rank=rank)


def picked_model() -> None:
    url.put(converted=st.session_state["converted"], rank=None)


page = opening("latent_compression")
view = page.view
model = view.converted
if len(catalogue.CONVERTED[view.pair]) > 1:
    st.session_state["converted"] = model
    page.row.radio(
        words.CONVERTED_LABEL,
        catalogue.CONVERTED[view.pair],
        key="converted",
        on_change=picked_model,
        horizontal=True,
        label_visibility="collapsed",
        format_func=words.CONVERTED_NAMES.__getitem__,
    )
if view.alone:
    st.info(words.LATENT_ALREADY.format(model=view.large))
text = own_text()
name = str(or_stop(lambda: conversion(view, model, text)))
ready_to_convert(model)
asked: dict[str, Job[Any]] = {
    "before": request(model, view.prompt, new_tokens=CHUNK),
    "after": Compare(name, view.prompt),
    "inside": Inspect(name),
}
shown = answer(asked)
if shown.problem:
    st.error(shown.problem)
if shown.traces:
    before: Trace = shown.traces["before"]
    compared: Comparison = shown.traces["after"]
    inside: Compression = shown.traces["inside"]
    head = chosen_head(before, view)
    descent = Descend(model, view.prompt, view.method, view.ranks == "per_layer", text)
    latent_compression(
        before,
        compared,
        inside,
        tokenizer=page.tokenizer,
        head=head,
        view=view,
        fails=failing(descent, before, page.tokenizer),
        source=words.COMPUTED_COMPRESSION.format(
            after=provenance(compared.trace, shown.live),
            method=view.method,
            tokens=inside.calibration_tokens,
            whose=words.WHOSE_TEXT[bool(text)],
        ),
        on={"rank": sized, "head": url.set_head, "option": url.set_option},
    )
    below(model, name, view.prompt, inside, head[0])
    notes(words.WHY_NOTES + (words.WHY_CURVE if view.pair != "gpt2" else ""))
    waiting = unmeasured(descent, name) if shown.live else asked
    if waiting:
        go_live(waiting)
own_text_box()
