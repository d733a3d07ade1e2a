"""A model of the reader's own on "At DeepSeek's scale": its config.json, pasted."""

from dataclasses import replace

import streamlit as st

from mla_core.arithmetic.architectures import STORAGES
from mla_core.arithmetic.architectures.reading import Read
from mla_core.experiments.deepseeks_scale import ReadConfig
from ui.jobs.engine import ENGINE
from ui.jobs.live import sentence
from ui.words.en import common as all_words
from ui.words.en import deepseeks_scale as words

B = 1e9


def _sized() -> None:
    billions = st.session_state["own_parameters"]
    own = st.session_state["own_architecture"]
    size = billions * B or None
    st.session_state["own_architecture"] = replace(own, parameters=size, active=size)


def _ask() -> None:
    """What was read stays in the box, also after other pages."""
    text = st.session_state["own_config_box"]
    st.session_state["own_config"] = st.session_state["own_asked"] = text


def _read(text: str) -> None:
    memory = st.session_state
    memory.pop("own_problem", None)
    try:
        with st.spinner(all_words.WAITING if ENGINE.ready else all_words.LOADING):
            said: Read = ENGINE.run(ReadConfig(text, words.YOURS))
    except Exception as error:
        memory["own_problem"] = sentence(error)
    else:
        memory["own_architecture"], memory["own_notes"] = said.architecture, said.notes
        memory.pop("own_parameters", None)  # they were another model's
    del memory["own_asked"]
    st.rerun()  # the lists above know it now


def own_config() -> None:
    """The box, what was read, and what was not."""
    memory = st.session_state
    memory.setdefault("own_config_box", memory.get("own_config", ""))
    own = memory.get("own_architecture")
    with st.expander(
        words.OWN,
        expanded=bool(own or memory.get("own_problem") or "own_asked" in memory),
        key="own",
    ):
        st.caption(words.OWN_ABOUT)
        # a form: a box of its own would run the page when it is left, in the moment of the click
        with st.form("own_form", border=False):
            st.text_area(words.OWN, key="own_config_box", height=160, label_visibility="collapsed")
            st.form_submit_button(words.OWN_USE, on_click=_ask, key="own_read")
        if "own_asked" in memory:
            _read(memory["own_asked"])
        if memory.get("own_problem"):
            st.error(memory["own_problem"])
        if own is None:
            return
        row = own.row(STORAGES["bfloat16"]).value()
        st.markdown(words.OWN_READ.format(kind=own.kind, layers=own.num_hidden_layers, row=row))
        for note in memory.get("own_notes", ()):
            st.warning(note)
        st.number_input(
            words.OWN_PARAMETERS, 0.0, 100_000.0, (own.parameters or 0.0) / B, key="own_parameters",
            on_change=_sized,
        )  # fmt: skip
