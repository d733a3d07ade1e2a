"""The link: read into a typed view, and written to; the one place that touches it.

The URL is the truth. What a reader sets is written into it (`put`); the next run of the script
reads it (`read`) and hands the values to the widgets. So a pasted link, the browser's Back button
and a click all take the same way.
"""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from mla_core.models.chat import plain
from mla_core.models.locate import Conversion
from ui.catalogue import Chapter
from ui.state.kinds import Integer, Number
from ui.state.parameters import HEADS, PARAMETERS, View

MAX_NEW = 48
CHUNK = 12  # tokens generated at a time

OF_A_TEXT = ("step", "seed", "query", "key", "forget")
TODAY = {alias: each.name for each in PARAMETERS for alias in (each.name, *each.aliases)}


def read(chapter: Chapter) -> View:
    """What the link says to a chapter; what it says wrongly falls back to the default."""
    return View(chapter, st.query_params.to_dict())


def put(**values: Any) -> None:
    """Writes parameters into the link, under their names of today; None takes one out.

    In one message: a browser that answers between two of them would bring back a state that
    never was, another pair of models at the old step.

    Raises:
        KeyError: the schema has no parameter of that name.
    """
    given = {TODAY[name]: value for name, value in values.items()}
    query = {
        name: value
        for name, value in st.query_params.to_dict().items()
        if TODAY.get(name) not in given
    }
    query |= {name: str(value) for name, value in given.items() if value is not None}
    st.query_params.from_dict(query)


def set_option(option: Sequence[Any]) -> None:
    """A component says what the reader set: (name, value); `read` checks the value."""
    name, value = option
    if name in TODAY:
        put(**{name: value})


def set_head(head: Sequence[Any]) -> None:
    """A component says which head of which model the reader chose: (model, layer, head)."""
    model, layer, number = head
    if head_key(model) in HEADS:
        put(**{head_key(model): f"{layer}.{number}"})


def new_prompt(prompt: str) -> None:
    """Another text: the step, the chosen tokens and heads belonged to the old one."""
    put(prompt=prompt, **dict.fromkeys((*OF_A_TEXT, *HEADS)))


def head_key(model: str) -> str:
    """The link's name for the head chosen of a model; all conversions of a model share one."""
    conversion = Conversion.parse(model)
    return plain(model) if conversion is None else f"{conversion.model}-mla"


def continuations(models: Sequence[str]) -> list[str]:
    """The ways to continue the text of some models: each its own, or one of two leads."""
    return ["own"] if len(models) == 1 else ["own", *map(head_key, models)]


def limits(*parameters: Integer[Any] | Number[Any]) -> dict[str, dict[str, float | None]]:
    """Ranges and defaults, for a component that draws the control itself."""
    return {
        each.name: {"low": each.low, "high": each.high, "default": each.default}
        for each in parameters
    }
