"""Claims, checked: which of the numbers one hears are right?"""

from collections import Counter

import streamlit as st

from mla_core.arithmetic.claims import CLAIMS, rebuild
from mla_core.arithmetic.formula import FormulaError
from ui.claims.card import hero, inputs, inputs_of, picture, steps_table
from ui.state import url as state
from ui.words.en import claims as words


def chosen() -> None:
    if st.session_state["claim"]:
        state.put(claim=st.session_state["claim"])


def listed(key: str) -> str:
    card = words.CARDS[key]
    return f"{words.MARKS[card['verdict']]} {card['claim']}"


key = state.asked("claim", CLAIMS)
st.session_state["claim"] = key
verdicts = Counter(card["verdict"] for card in words.CARDS.values())
st.markdown(
    words.INTRO.format(
        true=verdicts[words.TRUE], other=verdicts[words.ELSE], false=verdicts[words.FALSE]
    )
)
side, main = st.columns([1, 2.2], gap="large")
side.radio(words.CHOOSE, list(CLAIMS), format_func=listed, key="claim", on_change=chosen)
claim, card = CLAIMS[key], words.CARDS[key]
with main:
    verdict = card["verdict"]
    st.header(words.TITLE.format(claim=card["claim"]), anchor=False)
    badge = {"colour": words.BADGES[verdict], "mark": words.MARKS[verdict], "verdict": verdict}
    st.subheader(words.VERDICT.format(**badge), anchor=False)
    given = inputs_of(key)
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
    inputs(key)
    st.markdown(words.SAID.format(said=card["said"]))
    st.markdown(words.SOURCES.format(sources=card["sources"]))
