"""From what is asked to traces on the screen: live ones, or recorded ones until those are ready."""

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import streamlit as st

from mla_core.engine import EngineBusy
from mla_core.experiments import Job
from mla_core.models import locate
from mla_core.models.config import CheckpointError
from mla_core.records.trace import Trace
from ui.jobs.engine import ENGINE
from ui.jobs.recordings import recorded
from ui.state import url
from ui.words.en import common as words

T = TypeVar("T")
# the front of an absolute path, up to its last two parts; not the slashes of an address
ELSEWHERE = re.compile(r"(?<![\w:/.])(?:/[^\s/:]+)+/(?=[^\s/:]+/[^\s/:]+)")


@dataclass(frozen=True)
class Answer:
    """What was asked, its answers by name (none when there is nothing to show), and their origin."""

    traces: dict[str, Any]
    live: bool
    asked: Mapping[str, Job[Any]]
    problem: str | None = None  # a sentence for the reader


def sentence(error: Exception) -> str:
    """What a reader is told: our own errors are sentences, any other goes to the log."""
    if isinstance(error, CheckpointError):
        # a reader is told which file, not where the server keeps it
        embedded = str(locate.ASSETS) in str(error)
        reason = str(error).replace(f"{locate.ASSETS.parent}/", "").rstrip(".")
        reason = ELSEWHERE.sub("", reason)
        form = words.MODEL_ERROR if embedded else words.OTHER_MODEL_ERROR
        return form.format(reason=reason)
    if isinstance(error, ValueError | EngineBusy):
        return str(error)
    logging.getLogger(__name__).error("unexpected", exc_info=error)
    return words.UNEXPECTED


def or_stop(ask: Callable[[], T]) -> T:
    """What `ask` returns; where it raises, the page stops with a sentence and a way on."""
    try:
        return ask()
    except Exception as error:
        st.error(sentence(error))
        if not isinstance(error, CheckpointError):
            st.button(words.OWN_RANK, on_click=url.put, kwargs={"rank": None}, key="own_rank")
        st.stop()


def provenance(trace: Trace, live: bool) -> str:
    """Where a picture's numbers come from."""
    form = words.COMPUTED if live else words.RECORDED
    said = form.format(device=trace.device, model=trace.model, dtype=trace.dtype)
    return said + words.THROUGH.get(trace.engine, "")


def answer(asked: Mapping[str, Job[Any]]) -> Answer:
    """Live traces if they are at hand, else recorded ones, else waits for the engine.

    Whoever shows a recorded answer should call `go_live` after drawing it.
    """
    live = {model: ENGINE.remembered(request) for model, request in asked.items()}
    if all(live.values()):
        return Answer({model: trace for model, trace in live.items() if trace}, True, asked)
    stored = {model: recorded(request) for model, request in asked.items()}
    if all(stored.values()):
        problem = st.session_state.get("problem")
        found = {model: trace for model, trace in stored.items() if trace}
        return Answer(found, False, asked, problem)
    waiting = st.empty()

    def still_wanted() -> None:
        waiting.caption(words.WAITING if ENGINE.ready else words.LOADING)  # st raises if moved on

    try:
        answers = ENGINE.run_all(list(asked.values()), still_wanted)
    except Exception as error:
        return Answer({}, False, asked, sentence(error))
    finally:
        waiting.empty()
    st.session_state.pop("problem", None)
    return Answer(dict(zip(asked, answers, strict=True)), True, asked)


@st.fragment(run_every=1.0)
def go_live(asked: Mapping[str, Job[Any]]) -> None:
    """Starts the engine once the browser has drawn the page, and comes back when it is done.

    The first pass belongs to the script that draws the recorded picture; the browser asks for
    the next ones, and only then is torch imported. A job that fails is not asked for again until
    the reader says so: it would fail again, for as long as the tab is open.
    """
    memory, jobs = st.session_state, list(asked.values())
    futures = memory.setdefault("futures", {})
    if memory.get("drawn") != jobs:
        memory["drawn"] = jobs
        _forget_answers()
        return
    if memory.get("failed") == jobs:
        if not all(map(recorded, jobs)):  # else the page says it, above its recorded picture
            st.error(memory["problem"])
        st.button(words.TRY_AGAIN, on_click=_forget_answers, key="try_again")
        return
    try:
        for job in jobs:
            if job not in futures:
                futures[job] = ENGINE.submit(job)
        if all(future.done() for future in futures.values()):
            for future in futures.values():
                future.result()
            memory.pop("problem", None)
            st.rerun()
    except EngineBusy:
        return  # the next tick tries again
    except Exception as error:
        memory["failed"], memory["problem"] = jobs, sentence(error)
        st.rerun()


def _forget_answers() -> None:
    """What was asked for is dropped, and may be asked for again."""
    for future in st.session_state["futures"].values():
        future.cancel()
    st.session_state["futures"].clear()
    st.session_state.pop("failed", None)
