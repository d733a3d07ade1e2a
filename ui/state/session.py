"""What belongs to one reader's session and not to the link: where components stand, what is carried."""

import hashlib
from typing import Any, TypeVar

import streamlit as st

from ui.state.parameters import View

T = TypeVar("T")
NOWHERE = object()


def carry(page: str) -> None:
    """Takes what the reader looks at along to another page: Streamlit's navigation drops it.

    A link to a page that brings a view of its own keeps that.
    """
    memory = st.session_state
    if memory.get("page", page) != page and not st.query_params:
        st.query_params.from_dict(memory["query"])
    memory["page"], memory["query"] = page, st.query_params.to_dict()


def origin(name: str, value: T) -> tuple[T, int]:
    """(what a component must show, a number that changes whenever it must go there).

    A component keeps its own place while the reader moves; only a place that it did not report
    itself (a link, the Back button) moves it.
    """
    memory = st.session_state
    if value != memory.get(f"reported_{name}", NOWHERE):
        memory[f"reported_{name}"] = value
        memory[f"origin_{name}"] = (value, memory.get(f"origin_{name}", (None, 0))[1] + 1)
    place: tuple[T, int] = memory[f"origin_{name}"]
    return place


def report(name: str, value: Any) -> None:
    """A component says where the reader is: it need not be moved there."""
    st.session_state[f"reported_{name}"] = value


def subject(view: View) -> str:
    """What a place on a page belongs to: short, and another for every text and pair of models.

    A component reports when the reader pauses: by then the text or the models may be others, and
    what it says about another subject is one of the old.
    """
    return hashlib.sha256(f"{view.alone or view.pair} {view.prompt}".encode()).hexdigest()[:8]
