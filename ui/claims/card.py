"""One claim on "Claims, checked": its number rebuilt, as a picture and step by step."""

from collections.abc import Mapping

import streamlit as st

from mla_core.arithmetic.claims import CLAIMS
from mla_core.arithmetic.formula import Formula, brief, number
from ui.components.exports import chart, theme
from ui.figures import palette
from ui.state import url
from ui.state.kinds import Integer
from ui.state.parameters import INPUTS
from ui.words.en import claims as words

VERDICTS = {  # else: true of something else
    "57x": "else", "93.3%": "else", "6x": "else", "400gb": "else", "576": "false",
    "smallest": "false", "memory": "false", "mqa": "else", "swapped": "false", "compute": "false",
    "70kb": "true", "v4": "else",
}  # fmt: skip
BADGES = {"true": "blue", "else": "orange", "false": "red"}
LATENTS = (
    "mla", "deepseek_v2", "with_mla", "video_mla", "numbers", "intensity", "read", "absorbed",
    "deepseek_v3", "v32",
)  # fmt: skip
COLOURS = (
    dict.fromkeys(LATENTS, palette.LATENT)
    | dict.fromkeys(("gqa", "qwen", "llama", "deepseek_67b"), palette.V)
    | {"mqa": palette.Q, "ridge": palette.NEUTRAL, "v4": palette.PATTERN}
)
Found = Mapping[str, tuple[Formula, float]]


def changed(key: str, name: str) -> None:
    """A link says only what differs from the source."""
    value = st.session_state[f"input-{key}-{name}"]
    url.put(**{name: None if value == CLAIMS[key].inputs[name] else value})


def as_it_was() -> None:
    url.put(**dict.fromkeys(INPUTS))


def hero(key: str, found: Found) -> None:
    """The number in question, with what it is made of, large."""
    name, (formula, value) = list(found.items())[-1]
    unit = words.CARDS[key]["steps"][name][1]
    told = words.HERO.format(filled=formula.filled(), result=number(value), unit=unit)
    st.subheader(told, anchor=False)


def picture(key: str, found: Found) -> None:
    from ui.figures.deepseeks_scale import Bar, bars_figure

    steps, bars = words.CARDS[key]["steps"], CLAIMS[key].bars
    drawn = [
        Bar(
            name, steps[name][0], found[name][1], brief(found[name][1]),
            COLOURS.get(name, palette.K),
        )
        for name in bars
    ]  # fmt: skip
    told = ", ".join(f"{bar.label}: {bar.told}" for bar in drawn)
    chart(
        bars_figure(drawn, theme=theme(), x=steps[bars[0]][1]),
        "rebuilt",
        alt=words.ALT.format(told=told),
        table=[
            ["step", "formula", "value", "unit"],
            *([name, f.filled(), value, steps[name][1]] for name, (f, value) in found.items()),
        ],
    )


def steps_table(key: str, found: Found) -> None:
    """Each step: its formula, the numbers in it, the result."""
    lines = [words.STEPS]
    for name, (formula, value) in found.items():
        label, unit = words.CARDS[key]["steps"][name]
        lines.append(
            words.STEP.format(
                name=label, unit=unit, named=formula.named(), filled=formula.filled(),
                result=number(value),
            )
        )  # fmt: skip
    st.markdown("\n".join(lines))


def inputs(key: str, given: Mapping[str, float]) -> None:
    """What the number is made of, to be changed."""
    with st.expander(words.INPUTS, key="inputs"):
        st.caption(words.INPUTS_ABOUT)
        columns = st.columns(3)
        for i, (name, value) in enumerate(given.items()):
            limits = INPUTS[name]
            number = int if isinstance(limits, Integer) else float
            st.session_state[f"input-{key}-{name}"] = number(value)
            columns[i % 3].number_input(
                name, number(limits.low), number(limits.high), step=1 if number is int else 0.1,
                key=f"input-{key}-{name}", on_change=changed, args=(key, name),
            )  # fmt: skip
        st.button(words.BACK, on_click=as_it_was, key="claim-back")
