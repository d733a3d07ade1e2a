"""Streamlit components v2: what moves in the browser without a rerun a frame.

A component is a folder: `<name>.html`, `<name>.css`, `<name>.js` (a module that imports from `lib`)
and an `__init__.py` that turns records into its data.
"""

import base64
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import streamlit as st

from ui.components import modules

FOLDER = Path(__file__).parent
VALUE_BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}  # of a trace's dtype

On = Mapping[str, Callable[[Any], None]]


class Mount(Protocol):
    """Puts a component on the page."""

    def __call__(self, *, key: str, data: Any, on: On | None = None) -> None:
        """Draws it.

        Args:
            key: another one for each on a page.
            data: what it shows, as JSON has it.
            on: what each event does, given its value.
        """


def component(name: str) -> Mount:
    """The component of that folder."""
    mount = st.components.v2.component(
        f"mla_explorer_{name}", html=markup(name), css=style(name), js=modules.stub(name)
    )

    def mounted(*, key: str, data: Any, on: On | None = None) -> None:
        if on is None:
            mount(key=key, data=data)
        else:
            mount(key=key, data=data, on_events_change=partial(deliver, key, on))

    return mounted


def deliver(key: str, on: On) -> None:
    """Hands each event over once and in order.

    The browser repeats its latest events in every message (lib/events.js): Streamlit keeps only the
    newest of two messages that wait while a script runs.
    """
    heard = f"heard_{key}"
    for number, event, value in st.session_state[key].events:
        if number > st.session_state.get(heard, 0):
            st.session_state[heard] = number
            if event in on:
                on[event](value)


def markup(name: str) -> str:
    return _text(f"{name}/{name}.html")


def style(name: str) -> str:
    """A component's style, behind what all of them share."""
    return _text("lib/lib.css") + _text(f"{name}/{name}.css")


def _text(path: str) -> str:
    return (FOLDER / path).read_text(encoding="utf-8")


def bytes64(array: np.ndarray, dtype: str = "<f4") -> str:
    """Numbers on their way to the browser, as float32 unless said otherwise."""
    return base64.b64encode(np.ascontiguousarray(array, dtype=dtype).tobytes()).decode()
