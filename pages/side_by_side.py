"""Side by side: what do two kinds of attention make of the same sentence?"""

import math

import streamlit as st

from ui import catalogue
from ui.components.side_by_side import side, side_by_side
from ui.jobs.live import answer, go_live, provenance
from ui.jobs.models_of_view import ready_pair
from ui.jobs.requests import requests
from ui.opening.opening import opening
from ui.show.export import closer_look
from ui.show.heads import chosen_heads
from ui.show.notes import notes
from ui.state import session, url
from ui.words.en import side_by_side as words


def stepped(told: tuple[int, str]) -> None:
    step, about = told
    if about == session.subject(url.read("side_by_side")):
        session.report("step", step)
        url.put(step=step)


def wanted_more(told: tuple[int, str]) -> None:
    """While the text plays on, the link waits: it gets the place where the reader rests."""
    st.session_state["text_until"] = told


page = opening("side_by_side")
view = page.view
models = ready_pair(view)

# as many new tokens as the reader has stepped to, and a chunk more
prompt_length = len(page.tokenizer.encode(view.prompt)) + 1
until, about = st.session_state.get("text_until", (0, ""))
reached = max(view.step or 0, until if about == session.subject(view) else 0)
wanted = reached + 1 - prompt_length
new_tokens = min(url.MAX_NEW, url.CHUNK * max(1, math.ceil(wanted / url.CHUNK)))
asked = requests(view, models, new_tokens)
shown = answer(asked)

if shown.problem:
    st.error(shown.problem)
if shown.traces:
    heads = chosen_heads(shown.traces, view)
    side_by_side(
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
        origin=session.origin("step", view.step),
        view=view,
        may_grow=new_tokens < url.MAX_NEW,
        on={
            "step": stepped,
            "more": wanted_more,
            "head": url.set_head,
            "option": url.set_option,
        },
    )
    notes(words.NOTES["converted" if view.pair in catalogue.ORIGINALS else view.pair])
    closer_look(shown.traces, asked, heads, page.tokenizer, hide_first=not view.first_token)
if not shown.live and shown.traces:
    go_live(asked)
