"""Claims, checked: which of the numbers one hears are right?"""

from collections import Counter

import streamlit as st

from mla_core.claims import CLAIMS, rebuild
from mla_core.formula import FormulaError, brief, number
from ui import state
from ui.components.exports import chart
from ui.figures import palette
from ui.words import claims as words

MOST = 10**9
LATENTS = (
    "mla",
    "deepseek_v2",
    "with_mla",
    "numbers",
    "intensity",
    "read",
    "absorbed",
    "deepseek_v3",
)
COLOURS = (
    dict.fromkeys(LATENTS, palette.LATENT)
    | dict.fromkeys(("gqa", "qwen", "llama", "deepseek_67b"), palette.V)
    | {"mqa": palette.Q, "ridge": palette.NEUTRAL, "v4": palette.PATTERN, "v32": palette.LATENT}
)


def chosen() -> None:
    if st.session_state["claim"]:
        state.put(claim=st.session_state["claim"])


def as_it_was(key: str) -> None:
    for name, value in CLAIMS[key].inputs.items():
        st.session_state[f"input-{key}-{name}"] = value


key = state.asked("claim", CLAIMS)
st.session_state["claim"] = key
verdicts = Counter(card["verdict"] for card in words.CARDS.values())
st.markdown(
    words.INTRO.format(
        true=verdicts[words.TRUE], other=verdicts[words.ELSE], false=verdicts[words.FALSE]
    )
)
side, main = st.columns([1, 2.2], gap="large")
side.radio(
    words.CHOOSE,
    list(CLAIMS),
    format_func=lambda one: (
        f"{words.MARKS[words.CARDS[one]['verdict']]} {words.CARDS[one]['claim']}"
    ),
    key="claim",
    on_change=chosen,
)
claim, card = CLAIMS[key], words.CARDS[key]
with main:
    verdict = card["verdict"]
    st.header(words.TITLE.format(claim=card["claim"]), anchor=False)
    badge = {"colour": words.BADGES[verdict], "mark": words.MARKS[verdict], "verdict": verdict}
    st.subheader(words.VERDICT.format(**badge), anchor=False)
    for name, value in claim.inputs.items():
        st.session_state.setdefault(f"input-{key}-{name}", value)
    changed = {name: st.session_state[f"input-{key}-{name}"] for name in claim.inputs}
    try:
        found = rebuild(claim, changed)
    except FormulaError as error:
        st.error(str(error))
        found = {}
    if found:
        name, (formula, value) = list(found.items())[-1]
        unit = card["steps"][name][1]
        hero = words.HERO.format(filled=formula.filled(), result=number(value), unit=unit)
        st.subheader(hero, anchor=False)
    st.markdown(words.FACT.format(fact=card["fact"]))
    if found:
        from ui.figures.scale import bars_figure

        drawn = {card["steps"][name][0]: found[name][1] for name in claim.bars}
        labels = [brief(value) for value in drawn.values()]
        told = ", ".join(f"{label}: {value}" for label, value in zip(drawn, labels, strict=True))
        chart(
            bars_figure(
                drawn,
                labels=labels,
                colours=[COLOURS.get(name, palette.K) for name in claim.bars],
                x=card["steps"][claim.bars[0]][1],
            ),
            "rebuilt",
            alt=words.ALT.format(told=told),
            table=[["step", "formula", "value", "unit"]]
            + [
                [card["steps"][name][0], formula.filled(), value, card["steps"][name][1]]
                for name, (formula, value) in found.items()
            ],
        )
        said = st.empty()  # always there: what follows keeps its place, and stays open
        if changed != dict(claim.inputs):
            said.info(words.CHANGED)
        st.markdown(
            "\n".join(
                [words.STEPS]
                + [
                    words.STEP.format(
                        name=card["steps"][name][0], unit=card["steps"][name][1],
                        named=formula.named(), filled=formula.filled(), result=number(value),
                    )
                    for name, (formula, value) in found.items()
                ]
            )
        )  # fmt: skip
    with st.expander(words.INPUTS, key="inputs"):
        st.caption(words.INPUTS_ABOUT)
        columns = st.columns(3)
        for i, (name, value) in enumerate(claim.inputs.items()):
            whole = isinstance(value, int)
            columns[i % 3].number_input(
                name, 0 if whole else 0.0, MOST if whole else float(MOST),
                step=1 if whole else 0.1, key=f"input-{key}-{name}",
            )  # fmt: skip
        st.button(words.BACK, on_click=as_it_was, args=(key,), key="claim-back")
    st.markdown(words.SAID.format(said=card["said"]))
    st.markdown(words.SOURCES.format(sources=card["sources"]))
