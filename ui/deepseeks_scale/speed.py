"""The part "How fast" of "At DeepSeek's scale": the floor of a decode step, and what it is made of."""

from typing import Any

import streamlit as st

from mla_core.arithmetic.architectures import Architecture
from mla_core.arithmetic.formula import Formula
from mla_core.arithmetic.roofline import Share, attention_share, step_seconds, weights_share
from ui.components.exports import chart, theme
from ui.deepseeks_scale.parts import arithmetic, batched, colours
from ui.deepseeks_scale.view import Scale
from ui.figures import palette
from ui.show.notes import notes
from ui.words.en import deepseeks_scale as words

GB, TERA = 1e9, 1e12
DASHES = {"whole": "solid", "attention": "dash"}  # of a step, and of what it spends there


def speed(view: Scale) -> None:
    from ui.figures.deepseeks_scale import Line, crossing, largest_context, lines_figure, table_of

    x = largest_context(None)

    def seconds(model: Architecture, t: Any, *, whole: bool) -> Any:
        weights = view.weight_bytes if whole else None
        return step_seconds(
            model, view.storage, view.machine, t, batch=view.batch, weight_bytes=weights
        )

    steps, ratios = [], []
    for key, model, colour in zip(view.names, view.pair, colours(view), strict=True):
        short = model.name.split(" (")[0]  # a phone cuts longer ones off
        for part, dash in DASHES.items():
            y = seconds(model, x, whole=part == "whole")
            label = words.STEPS[part].format(model=short)
            steps.append(Line(f"{key}, {part}", label, colour, x, y, dash))
    for part, dash in DASHES.items():
        whole = part == "whole"
        times = seconds(view.second, x, whole=whole) / seconds(view.first, x, whole=whole)
        ratios.append(Line(part, words.RATIO_LINES[part], palette.V, x, times, dash))
    six = crossing(x, ratios[0].y, 6)
    here = [float(seconds(model, view.context, whole=True)) for model in view.pair]
    told = words.SPEED_TOLD.format(
        tokens=view.context, batch=view.batch, first=view.first.name, second=view.second.name,
        first_ms=1e3 * here[0], second_ms=1e3 * here[1], ratio=here[1] / here[0],
        first_rate=view.batch / here[0], second_rate=view.batch / here[1],
        six=words.SPEED_NO_SIX if six is None else words.SPEED_SIX.format(at=six),
    )  # fmt: skip
    st.markdown(told)
    alt = words.SPEED_ALT.format(told=told.replace("**", ""))
    about: dict[str, Any] = {"x": words.STEP_X, "at": view.context, "theme": theme()}
    left, right = st.columns(2)
    with left:
        figure = lines_figure(steps, title=words.STEP_TITLE, y=words.STEP_Y, unit="s", **about)
        chart(figure, "step", alt=alt, table=table_of(figure))
    with right:
        mark = None if six is None else (words.SIX_AT.format(tokens=six), six, 6.0)
        figure = lines_figure(
            ratios, title=words.RATIO_TITLE, y=words.RATIO_Y, unit="×", log=False,
            level=(words.SIX, 6.0), mark=mark, **about,
        )  # fmt: skip
        chart(figure, "times", alt=alt, table=table_of(figure))
    parts = {model: _parts(view, model) for model in dict.fromkeys(view.pair)}
    st.markdown(
        "\n".join(
            [words.SHARE_HEAD, *(_line(view, m, *p) for m in parts for p in parts[m].items())]
        )
    )
    arithmetic([line for model in parts for line in _derived(view, model, parts[model])])
    notes(words.SPEED_NOTES.format(binds=_what_binds(view)))


def _parts(view: Scale, model: Architecture) -> dict[str, Share | None]:
    attention = attention_share(model, view.storage, view.batch, view.context)
    weights = weights_share(model, view.weight_bytes, view.batch)
    return {"attention": attention, "weights": weights}


def _line(view: Scale, model: Architecture, key: str, part: Share | None) -> str:
    name = words.SHARES[key].format(model=model.name)
    if part is None:
        return words.SHARE_UNKNOWN.format(name=name)
    return words.SHARE_ROW.format(
        name=name, nbytes=f"{part.nbytes / GB:,.4g} GB", flops=f"{part.flops / TERA:,.4g} TFLOP",
        ms=1e3 * float(part.seconds(view.machine)),
        bound=words.BOUND[bool(part.binds(view.machine))],
    )  # fmt: skip


def _derived(
    view: Scale, model: Architecture, parts: dict[str, Share | None]
) -> list[tuple[str, Formula, str]]:
    """How a step's time comes about: bytes, products, the longer of the two, their sum."""
    lines = [
        (words.READ_OF.format(model=model.name), batched(view, model.read(view.storage)), "B"),
        (words.FLOPS_OF.format(model=model.name), batched(view, model.flops()), "FLOP"),
    ]
    total = []
    for key, part in parts.items():
        if part is None:
            continue
        sizes = {
            "bytes": part.nbytes, "flop": part.flops,
            "bytes_per_second": view.machine.bandwidth, "flop_per_second": view.machine.flops,
        }  # fmt: skip
        time = Formula("max(bytes / bytes_per_second, flop / flop_per_second)", sizes)
        lines.append((words.SHARES[key].format(model=model.name), time, "s"))
        total.append(f"{time.value():.6g}")
    lines.append((words.STEP_OF.format(model=model.name), Formula(" + ".join(total)), "s"))
    return lines


def _what_binds(view: Scale) -> str:
    """Which ceiling each model's attention meets, from the numbers of this step."""
    shares = [attention_share(model, view.storage, 1, view.context) for model in view.pair]
    told = [
        words.INTENSITY.format(
            model=model.name, intensity=share.flops / share.nbytes,
            bound=words.BOUND[bool(share.binds(view.machine))],
        )
        for model, share in zip(view.pair, shares, strict=True)
    ]  # fmt: skip
    fast, slow = shares
    times = slow.seconds(view.machine) / fast.seconds(view.machine)
    return words.BINDS.format(
        ridge=view.gpu.flops / view.gpu.bandwidth, told=" ".join(told),
        fewer=slow.nbytes / fast.nbytes, times=float(times),
    )  # fmt: skip
