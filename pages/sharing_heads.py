"""Sharing heads: MHA, GQA, MQA, MLA: what is shared, what does it cost?"""

from functools import partial

import streamlit as st

from mla_core.experiments.sharing_heads import Survey
from mla_core.training.recipe import LAYERS
from ui import catalogue
from ui.components.sharing_heads import card, sharing_heads
from ui.jobs.live import answer, go_live, provenance
from ui.jobs.recordings import recorded_bench, recorded_overview, recorded_runs
from ui.opening.opening import opening
from ui.sharing_heads.tables import evidence
from ui.show.export import take_away
from ui.show.notes import notes
from ui.state import url
from ui.words.en import sharing_heads as words

page = opening("sharing_heads", switchable=False)
view = page.view
runs, shipped = recorded_runs(), recorded_bench("held_out")
jobs = {model: Survey(model, view.prompt) for model in catalogue.FAMILY}
ran = answer(jobs)
if ran.problem:
    st.error(ran.problem)
if ran.traces:
    layer = min(view.layer or 0, LAYERS - 1)
    made = partial(card, runs=runs, shipped=shipped, layer=layer, tokenizer=page.tokenizer)
    cards = {
        model: made(model, seen=seen, source=provenance(seen.trace, ran.live))
        for model, seen in ran.traces.items()
    }
    if view.point in cards:
        chosen = cards[view.point]
    else:
        stored = recorded_overview(view.point, view.prompt)
        never = recorded_overview(view.point, catalogue.PROMPTS["flag"]) is None
        told = words.ONLY_SCORED if never else words.NOT_RECORDED
        if stored is not None:
            told = provenance(stored.trace, False)
        chosen = made(view.point, seen=stored, source=told)
    sharing_heads(
        list(cards.values()),
        chosen,
        runs,
        layer=layer,
        source=words.RUNS_SOURCE.format(longer=shipped["made"]["steps"], **runs[0]),
        on={"option": url.set_option},
    )
    notes(words.SHARING_NOTES)
    evidence(runs)
    take_away(jobs)
    if not ran.live:
        go_live(jobs)
