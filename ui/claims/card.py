"""One claim on "Claims, checked": its number rebuilt, as a picture and step by step."""

from collections.abc import Mapping

import streamlit as st

from mla_core.arithmetic.claims import CLAIMS
from mla_core.arithmetic.formula import Formula, brief, number
from ui.components.exports import chart, theme
from ui.figures import palette
from ui.words.en import claims as words

MOST = 10**9
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


def inputs_of(key: str) -> dict[str, float]:
    """What the reader set, else what the source says."""
    for name, value in CLAIMS[key].inputs.items():
        st.session_state.setdefault(f"input-{key}-{name}", value)
    return {name: st.session_state[f"input-{key}-{name}"] for name in CLAIMS[key].inputs}


def as_it_was(key: str) -> None:
    for name, value in CLAIMS[key].inputs.items():
        st.session_state[f"input-{key}-{name}"] = value


def hero(key: str, found: Found) -> None:
    """The number in question, with what it is made of, large."""
    name, (formula, value) = list(found.items())[-1]
    unit = words.CARDS[key]["steps"][name][1]
    told = words.HERO.format(filled=formula.filled(), result=number(value), unit=unit)
    st.subheader(told, anchor=False)


def picture(key: str, found: Found) -> None:
    from ui.figures.deepseeks_scale import bars_figure

    steps, bars = words.CARDS[key]["steps"], CLAIMS[key].bars
    drawn = {steps[name][0]: found[name][1] for name in bars}
    labels = [brief(value) for value in drawn.values()]
    told = ", ".join(f"{label}: {value}" for label, value in zip(drawn, labels, strict=True))
    colours = [COLOURS.get(name, palette.K) for name in bars]
    chart(
        bars_figure(drawn, labels=labels, colours=colours, theme=theme(), x=steps[bars[0]][1]),
        "rebuilt",
        alt=words.ALT.format(told=told),
        table=[
            ["step", "formula", "value", "unit"],
            *([steps[n][0], f.filled(), value, steps[n][1]] for n, (f, value) in found.items()),
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


def inputs(key: str) -> None:
    """What the number is made of, to be changed."""
    with st.expander(words.INPUTS, key="inputs"):
        st.caption(words.INPUTS_ABOUT)
        columns = st.columns(3)
        for i, (name, value) in enumerate(CLAIMS[key].inputs.items()):
            whole = isinstance(value, int)
            columns[i % 3].number_input(
                name, 0 if whole else 0.0, MOST if whole else float(MOST),
                step=1 if whole else 0.1, key=f"input-{key}-{name}",
            )  # fmt: skip
        st.button(words.BACK, on_click=as_it_was, args=(key,), key="claim-back")
