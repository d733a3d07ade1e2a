"""The cache grows: what is computed again, what is kept?"""

import math

import streamlit as st

from ui.cache_grows.saved_caches import saved_caches
from ui.components.cache_grows import cache_grows
from ui.jobs.live import answer, go_live, provenance
from ui.jobs.models_of_view import ready_pair
from ui.jobs.recordings import recorded_bench
from ui.jobs.requests import grow_request
from ui.opening.opening import opening
from ui.show.heads import chosen_heads
from ui.show.notes import notes
from ui.state import session, url
from ui.words.en import cache_grows as words


def stepped(told: tuple[int, str]) -> None:
    tokens, about = told
    if about == session.subject(url.read("cache_grows")):
        session.report("tokens", tokens)
        url.put(step=tokens)


def wanted_more(told: tuple[int, str]) -> None:
    """While the text plays on, the link waits: it gets the place where the reader rests."""
    st.session_state["text_until"] = told


page = opening("cache_grows")
view = page.view
# as many new tokens as the reader has stepped to, and a chunk more
prompt_length = len(page.tokenizer.encode(view.prompt)) + 1
until, about = st.session_state.get("text_until", (0, ""))
reached = max(view.step or 0, until if about == session.subject(view) else 0)
wanted = reached + 1 - prompt_length
new_tokens = min(url.MAX_NEW, url.CHUNK * max(1, math.ceil(wanted / url.CHUNK)))
jobs = {model: grow_request(view, model, new_tokens) for model in ready_pair(view)}
ran = answer(jobs)
if ran.problem:
    st.error(ran.problem)
if ran.traces:
    grown = list(ran.traces.values())
    heads = chosen_heads({model: one.trace for model, one in ran.traces.items()}, view)
    cache_grows(
        grown,
        list(heads.values()),
        recorded_bench("growth"),
        tokenizer=page.tokenizer,
        view=view,
        origin=session.origin("tokens", view.step),
        may_grow=new_tokens < url.MAX_NEW,
        source=" · ".join(provenance(one.trace, ran.live) for one in grown),
        on={
            "step": stepped,
            "more": wanted_more,
            "head": url.set_head,
            "option": url.set_option,
        },
    )
    notes(words.GROWTH_NOTES)
    saved_caches(jobs, ran.traces, max(view.step or 0, prompt_length))
    if not ran.live:
        go_live(jobs)
