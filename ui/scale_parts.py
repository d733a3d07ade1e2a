"""The parts of the page "At DeepSeek's scale": each one picture, a sentence, its arithmetic."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from mla_core.architectures import PUBLISHED, Architecture
from mla_core.crowd import Assemble, Crowd
from mla_core.formula import Formula, number
from mla_core.roofline import (
    attention_share,
    sequences_that_fit,
    step_seconds,
    weights_share,
)
from ui.components.crowd import crowd_wall
from ui.components.exports import chart
from ui.figures import palette
from ui.notes import notes
from ui.recorded import recorded
from ui.scale import R1, Scale
from ui.words import scale as words

GB = 1e9
RATIO_COLOURS = {"mla": palette.LATENT, "gqa": palette.V, "mistake": palette.NEUTRAL}
TRAINED_ELEMENTS, TRAINED_LAYERS = 860_160, 60  # DeepSeek-V2, Table 9 (860.2K), section 3.1.2


def colour_of(model: Architecture) -> str:
    """By the first kind of its attention."""
    return palette.KIND.get(model.kind.split(" + ")[0], palette.PATTERN)


def colours(view: Scale) -> tuple[str, str]:
    """Of both models; two of one kind are told apart."""
    first, second = colour_of(view.first), colour_of(view.second)
    return first, palette.ROPE_KEY if first == second else second


def arithmetic(lines: Sequence[tuple[str, Formula | str, float, str]]) -> None:
    """Derived numbers with their formulas: (name, formula, result, unit)."""
    with st.expander(words.ARITHMETIC):
        for name, formula, result, unit in lines:
            text = formula.filled() if isinstance(formula, Formula) else formula
            st.markdown(
                words.EQUATION.format(name=name, formula=text, result=number(result), unit=unit)
            )


def sources(view: Scale) -> None:
    with st.expander(words.SOURCES):
        lines = [
            words.SOURCE_LINE.format(name=m.name, kind=m.kind, source=m.source, note=m.note)
            for m in dict.fromkeys((view.first, view.second))
        ]
        lines.append(words.GPU_LINE.format(name=view.gpu_name, source=view.gpu.source))
        st.markdown("\n".join(lines))


def _at(formula: Formula, tokens: int) -> Formula:
    return Formula(formula.expression, {"t": tokens})


def memory(view: Scale) -> None:
    from ui.figures.scale import Frame, memory_figure

    frames, lines = [], []
    for model, colour in zip((view.first, view.second), colours(view), strict=True):
        cache = _at(model.cache(view.storage), view.context)
        count = sequences_that_fit(
            model, view.storage, view.machine, view.context, view.weight_bytes
        )
        weights = None if model.parameters is None else model.parameters * view.weight_bytes
        frames.append(Frame(model.name, colour, view.machine.memory, weights, cache.value(), count))
        lines.append(
            (
                words.CACHE_OF.format(model=model.name, tokens=view.context),
                cache,
                cache.value(),
                "B",
            )
        )
        if count >= 0:
            room = Formula(
                "(memory - weights) // cache",
                {"memory": view.machine.memory, "weights": weights or 0, "cache": cache.value()},
            )
            lines.append((words.FITTING.format(model=model.name), room, count, ""))
    about = {"gpus": view.machine_name, "memory": view.machine.memory / GB, "tokens": view.context}
    full = [frame.model for frame in frames if frame.count < 0]
    if full:
        told = words.MEMORY_NO.format(names=" and ".join(full), **about)
    else:
        told = words.MEMORY_TOLD.format(
            first=view.first.name, first_count=frames[0].count,
            second=view.second.name, second_count=frames[1].count, **about,
        )  # fmt: skip
    st.markdown(told)
    chart(
        memory_figure(frames, view.context),
        "memory",
        alt=words.MEMORY_ALT.format(gpus=view.machine_name, told=told.replace("**", "")),
        table=[
            ["model", "memory B", "weights B", "cache B a sequence", "sequences"],
            *([f.model, f.memory, f.weights, f.cache, f.count] for f in frames),
        ],
    )
    arithmetic(lines)


def growth(view: Scale) -> None:
    from ui.figures.scale import Line, largest_context, lines_figure, table_of

    lines, told_of, formulas = [], [], []
    for model, colour in zip((view.first, view.second), colours(view), strict=True):
        x = largest_context(model.context)
        lines.append(Line(model.name, colour, x, model.cache(view.storage).value(t=x)))
        cache = _at(model.cache(view.storage), view.context)
        told_of.append(cache.value())
        formulas.append(
            (
                words.CACHE_OF.format(model=model.name, tokens=view.context),
                cache,
                cache.value(),
                "B",
            )
        )
    told = words.GROWTH_TOLD.format(
        tokens=view.context, first=view.first.name, second=view.second.name,
        first_gb=told_of[0] / GB, second_gb=told_of[1] / GB, ratio=told_of[1] / told_of[0],
    )  # fmt: skip
    st.markdown(told)
    machine = words.GROWTH_GPU.format(name=view.machine_name, memory=view.machine.memory / GB)
    figure = lines_figure(
        lines, title=words.GROWTH_TITLE, x=words.GROWTH_X, y=words.GROWTH_Y, unit="B",
        levels={machine: view.machine.memory}, at=view.context,
    )  # fmt: skip
    chart(
        figure,
        "growth",
        alt=words.GROWTH_ALT.format(told=told.replace("**", "")),
        table=table_of(figure),
    )
    arithmetic(formulas)


def speed(view: Scale) -> None:
    from ui.figures.scale import Line, crossing, largest_context, lines_figure, table_of

    x = largest_context(None)
    pair = (view.first, view.second)
    gpu = view.machine

    def seconds(model: Architecture, t: Any, *, whole: bool) -> Any:
        weights = view.weight_bytes if whole else None
        return step_seconds(model, view.storage, gpu, t, batch=view.batch, weight_bytes=weights)

    steps, ratios = [], []
    for model, colour in zip(pair, colours(view), strict=True):
        steps.append(
            Line(
                words.STEP_WHOLE.format(model=model.name),
                colour,
                x,
                seconds(model, x, whole=True),
            )
        )
        steps.append(
            Line(
                words.STEP_ALONE.format(model=model.name),
                colour,
                x,
                seconds(model, x, whole=False),
                "dash",
            )
        )
    for name, whole, dash in (
        (words.RATIO_WHOLE, True, "solid"),
        (words.RATIO_ALONE, False, "dash"),
    ):
        times = seconds(view.second, x, whole=whole) / seconds(view.first, x, whole=whole)
        ratios.append(Line(name, palette.V, x, times, dash))
    six = crossing(x, ratios[0].y, 6)
    here = [float(seconds(model, view.context, whole=True)) for model in pair]
    told = words.SPEED_TOLD.format(
        tokens=view.context, batch=view.batch, first=view.first.name, second=view.second.name,
        first_ms=1e3 * here[0], second_ms=1e3 * here[1], ratio=here[1] / here[0],
        first_rate=view.batch / here[0], second_rate=view.batch / here[1],
        six=words.SPEED_NO_SIX if six is None else words.SPEED_SIX.format(at=six),
    )  # fmt: skip
    st.markdown(told)
    alt = words.SPEED_ALT.format(told=told.replace("**", ""))
    left, right = st.columns(2)
    with left:
        figure = lines_figure(
            steps,
            title=words.STEP_TITLE,
            x=words.STEP_X,
            y=words.STEP_Y,
            unit="s",
            levels={},
            at=view.context,
        )
        chart(figure, "step", alt=alt, table=table_of(figure))
    with right:
        figure = lines_figure(
            ratios, title=words.RATIO_TITLE, x=words.STEP_X, y=words.RATIO_Y, unit="×", log=False,
            levels={words.SIX: 6.0}, at=view.context, marks={} if six is None else {words.SIX_AT.format(tokens=six): (six, 6.0)},
        )  # fmt: skip
        chart(figure, "times", alt=alt, table=table_of(figure))
    st.markdown(
        "\n".join([words.SHARE_HEAD, *(line for model in pair for line in _shares(view, model))])
    )
    arithmetic(
        [
            line
            for model in pair
            for line in (
                (
                    words.READ_OF.format(model=model.name),
                    *_valued(model.read(view.storage), view),
                    "B",
                ),
                (words.FLOPS_OF.format(model=model.name), *_valued(model.flops(), view), "FLOP"),
            )
        ]
    )
    notes(words.SPEED_NOTES.format(binds=_what_binds(view)))


def _what_binds(view: Scale) -> str:
    """Which ceiling each model's attention meets, from the numbers of this step."""
    shares = [
        attention_share(model, view.storage, 1, view.context) for model in (view.first, view.second)
    ]
    ridge = view.gpu.flops / view.gpu.bandwidth
    told = [
        words.INTENSITY.format(
            model=model.name, intensity=share.flops / share.nbytes,
            bound=words.BOUND[bool(share.binds(view.machine))],
        )
        for model, share in zip((view.first, view.second), shares, strict=True)
    ]  # fmt: skip
    fast, slow = shares
    times = slow.seconds(view.machine) / fast.seconds(view.machine)
    return words.BINDS.format(
        ridge=ridge, told=" ".join(told), fewer=slow.nbytes / fast.nbytes, times=float(times)
    )


def _valued(formula: Formula, view: Scale) -> tuple[Formula, float]:
    """For all sequences of a step."""
    whole = Formula(f"batch * ({formula.expression})", {"t": view.context, "batch": view.batch})
    return whole, whole.value()


def _shares(view: Scale, model: Architecture) -> list[str]:
    parts = {
        words.SHARE_ATTENTION: attention_share(model, view.storage, view.batch, view.context),
        words.SHARE_WEIGHTS: weights_share(model, view.weight_bytes, view.batch),
    }
    lines = []
    for form, part in parts.items():
        if part is None:
            lines.append(words.SHARE_UNKNOWN.format(model=model.name))
            continue
        lines.append(
            words.SHARE_ROW.format(
                name=form.format(model=model.name), nbytes=f"{part.nbytes / GB:,.4g} GB",
                flops=f"{part.flops / 1e12:,.4g} TFLOP", ms=1e3 * float(part.seconds(view.machine)),
                bound=words.BOUND[bool(part.binds(view.machine))],
            )
        )  # fmt: skip
    return lines


def heads(_view: Scale) -> None:
    crowd: Crowd = recorded(Assemble())
    crowd_wall(crowd)
    first, own, before = (f"{share:.0%}" for share in crowd.shares())
    notes(words.CROWD_NOTES.format(first=first, own=own, before=before))


def ratio_values() -> dict[str, tuple[Formula, int]]:
    """Numbers a token and layer of each baseline, from the shape of R1."""
    latent = PUBLISHED[R1].latent
    assert latent is not None
    sizes = {
        "heads": latent.heads, "head_dim": latent.v_head_dim, "v_head_dim": latent.v_head_dim,
        "qk_nope_head_dim": latent.qk_nope_head_dim, "qk_rope_head_dim": latent.qk_rope_head_dim,
        "kv_lora_rank": latent.kv_lora_rank, "kv_heads": 8,
        "elements": TRAINED_ELEMENTS, "layers": TRAINED_LAYERS,
    }  # fmt: skip
    found = {}
    for name, (_, expression) in words.RATIOS.items():
        formula = Formula(expression, sizes)
        found[name] = (formula, int(formula.value()))
    return found


def ratios(_view: Scale) -> None:
    from ui.figures.scale import bars_figure

    found = ratio_values()
    values = {words.RATIOS[name][0]: value for name, (_, value) in found.items()}
    told = ", ".join(f"{label}: {value:,}" for label, value in values.items())
    labels, mla, mha = [], found["mla"][1], found["mha"][1]
    for name, (_, value) in found.items():
        ratio = mha / value if name == "mistake" else value / mla
        form = words.RATIO_LABEL.get(name, words.RATIO_LABEL["other"])
        labels.append(form.format(values=value, ratio=ratio))
    figure = bars_figure(
        values,
        labels=labels,
        colours=[RATIO_COLOURS.get(name, palette.K) for name in found],
        title=words.RATIOS_TITLE,
        x=words.RATIOS_X,
        hatched=[words.RATIOS["mistake"][0]],
    )
    chart(
        figure,
        "ratios",
        alt=words.RATIOS_ALT.format(told=told),
        table=[["baseline", "numbers a token and layer"], *values.items()],
    )
    lines: list[tuple[str, Formula | str, float, str]] = []
    for name, (formula, value) in found.items():
        lines.append(
            (words.RATIOS[name][0], f"{formula.named()} = {formula.filled()}", value, "numbers")
        )
    arithmetic(lines)
    notes(words.RATIOS_NOTES)
    st.caption(words.RATIOS_SOURCE)


PARTS: dict[str, Callable[[Scale], None]] = {
    "memory": memory, "growth": growth, "speed": speed, "heads": heads, "ratios": ratios,
}  # fmt: skip
COMPARING = ("memory", "growth", "speed")
