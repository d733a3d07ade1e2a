"""Claims, checked: which of the numbers one hears are right?"""

from collections import Counter

import streamlit as st

from mla_core.arithmetic.claims import CLAIMS, rebuild
from mla_core.arithmetic.formula import FormulaError
from ui.claims.card import BADGES, VERDICTS, hero, inputs, picture, steps_table
from ui.state import url
from ui.state.parameters import INPUTS
from ui.words.en import claims as words


def chosen() -> None:
    if st.session_state["claim"]:
        url.put(claim=st.session_state["claim"], **dict.fromkeys(INPUTS))


def listed(key: str) -> str:
    return f"{words.MARKS[VERDICTS[key]]} {words.CARDS[key]['claim']}"


view = url.read("claims")
key, given = view.claim, view.inputs
st.session_state["claim"] = key
verdicts = Counter(VERDICTS.values())
st.markdown(
    words.INTRO.format(true=verdicts["true"], other=verdicts["else"], false=verdicts["false"])
)
side, main = st.columns([1, 2.2], gap="large")
side.radio(words.CHOOSE, list(CLAIMS), format_func=listed, key="claim", on_change=chosen)
claim, card = CLAIMS[key], words.CARDS[key]
with main:
    verdict = VERDICTS[key]
    st.header(words.TITLE.format(claim=card["claim"]), anchor=False)
    told = words.VERDICT.format(
        colour=BADGES[verdict], mark=words.MARKS[verdict], verdict=words.VERDICTS[verdict]
    )
    st.subheader(told, anchor=False)
    try:
        found = rebuild(claim, given)
    except FormulaError as error:
        st.error(str(error))
        found = {}
    if found:
        hero(key, found)
    st.markdown(words.FACT.format(fact=card["fact"]))
    changed = st.empty()  # always there: what follows keeps its place, and stays open
    if given != dict(claim.inputs):
        changed.info(words.CHANGED)
    if found:
        picture(key, found)
        steps_table(key, found)
    inputs(key, given)
    st.markdown(words.SAID.format(said=card["said"]))
    st.markdown(words.SOURCES.format(sources=card["sources"]))
