"""Inside one head: how does one pattern come about?"""

import streamlit as st

from mla_core.experiments.inside_one_head import Dissect
from ui import catalogue
from ui.components.inside_one_head import inside_one_head
from ui.jobs.live import answer, go_live, provenance
from ui.jobs.models_of_view import traces_of_view
from ui.opening.opening import opening
from ui.show.export import take_away
from ui.show.heads import chosen_heads
from ui.show.notes import notes
from ui.state import session, url
from ui.words.en import common
from ui.words.en import inside_one_head as words


def stepped(told: tuple[int, str]) -> None:
    step, about = told
    if about == session.subject(url.read("inside_one_head")):
        session.report("stage", step)
        url.put(stage=step)


page = opening("inside_one_head")
view = page.view
_, traces = traces_of_view(view)  # which head to open on shows in the patterns
offered = catalogue.ATTENTIONS[1:] if view.alone else catalogue.ATTENTIONS
attention = view.attention if view.attention in offered else offered[0]
model = list(traces)[0 if attention == "MHA" else -1]
head = chosen_heads(traces, view)[model]
dissected = {model: Dissect(model, view.prompt, *head, absorbed=attention == "absorbed")}
opened = answer(dissected)
if opened.problem:
    st.error(opened.problem)
for anatomy in opened.traces.values():
    inside_one_head(
        anatomy,
        page.tokenizer,
        attentions=[(name, common.ATTENTIONS[name]) for name in offered],
        attention=attention,
        view=view,
        origin=session.origin("stage", view.stage),
        source=words.INSIDE_SOURCE.format(
            provenance=provenance(anatomy.trace, opened.live), difference=anatomy.difference
        ),
        on={"step": stepped, "head": url.set_head, "option": url.set_option},
    )
    notes(words.INSIDE_NOTES)
    take_away(dissected)
    if not opened.live:
        go_live(dissected)
