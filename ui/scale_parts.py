"""The parts of the page "At DeepSeek's scale": each one picture, a sentence, its arithmetic."""

from collections.abc import Sequence

import streamlit as st

from mla_core.architectures import PUBLISHED, Architecture
from mla_core.crowd import Assemble, Crowd
from mla_core.formula import Formula, number
from mla_core.roofline import (
    sequences_that_fit,
)
from ui.components.crowd import crowd_wall
from ui.components.exports import chart, theme
from ui.components.memory import Frame, memory_frames
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


def arithmetic(lines: Sequence[tuple[str, Formula, str]]) -> None:
    """Derived numbers with their formulas: (name, formula, unit)."""
    with st.expander(words.ARITHMETIC):
        for name, formula, unit in lines:
            forms = dict.fromkeys((formula.named(), formula.filled(), number(formula.value())))
            st.markdown(words.EQUATION.format(name=name, forms=" = ".join(forms), unit=unit))


def sources(view: Scale) -> None:
    """Where the figures of a part come from."""
    lines = []
    for model in dict.fromkeys(view.pair):
        line = words.SOURCE_LINE.format(
            name=model.name, kind=model.kind, source=model.source, note=model.note
        )
        if model.defaults:
            figures = ", ".join(words.FIGURES[figure] for figure in model.defaults)
            line += words.SOURCE_DEFAULTS.format(figures=figures)
        lines.append(line)
    lines.append(words.GPU_LINE.format(name=view.gpu_name, source=view.gpu.source))
    st.markdown("\n".join([words.SOURCES, *lines]))


def _cache(view: Scale, model: Architecture) -> Formula:
    """Of one sequence, at the reader's context."""
    return Formula(model.cache(view.storage).expression, {"t": view.context})


def batched(view: Scale, formula: Formula) -> Formula:
    """The same for all sequences of a step."""
    expression = f"batch * ({formula.expression})"
    return Formula(expression, {"t": view.context, "batch": view.batch})


def memory(view: Scale) -> None:
    frames, lines = [], []
    for model, colour in zip(view.pair, colours(view), strict=True):
        cache = _cache(view, model)
        count = sequences_that_fit(
            model, view.storage, view.machine, view.context, view.weight_bytes
        )
        weights = None if model.parameters is None else model.parameters * view.weight_bytes
        frames.append(Frame(model.name, colour, view.machine.memory, weights, cache.value(), count))
        lines.append((words.CACHE_OF.format(model=model.name, tokens=view.context), cache, "B"))
        if count >= 0:
            sizes = {"memory": view.machine.memory, "weights": weights or 0, "cache": cache.value()}
            room = Formula("(memory - weights) // cache", sizes)
            lines.append((words.FITTING.format(model=model.name), room, ""))
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
    alt = words.MEMORY_ALT.format(gpus=view.machine_name, told=told.replace("**", ""))
    memory_frames(frames, tokens=view.context, alt=alt)
    arithmetic(lines)


def growth(view: Scale) -> None:
    from ui.figures.scale import Line, largest_context, lines_figure, table_of

    curves, caches, lines = [], [], []
    for model, colour in zip(view.pair, colours(view), strict=True):
        x = largest_context(model.context)
        one = model.cache(view.storage)
        curves.append(Line(model.name, colour, x, view.batch * one.value(t=x)))
        whole = batched(view, one)
        caches.append(whole.value())
        name = words.CACHES_OF.format(model=model.name, tokens=view.context, batch=view.batch)
        lines.append((name, whole, "B"))
    ratio = Formula("second / first", {"first": caches[0], "second": caches[1]})
    lines.append((words.TIMES_AS_MUCH, ratio, words.TIMES))
    told = words.GROWTH_TOLD.format(
        tokens=view.context, batch=view.batch, first=view.first.name, second=view.second.name,
        first_gb=caches[0] / GB, second_gb=caches[1] / GB, ratio=ratio.value(),
    )  # fmt: skip
    st.markdown(told)
    machine = words.GROWTH_GPU.format(name=view.machine_name, memory=view.machine.memory / GB)
    figure = lines_figure(
        curves, title=words.GROWTH_TITLE.format(batch=view.batch), x=words.GROWTH_X,
        y=words.GROWTH_Y, unit="B", theme=theme(), levels={machine: view.machine.memory}, at=view.context,
    )  # fmt: skip
    alt = words.GROWTH_ALT.format(told=told.replace("**", ""))
    chart(figure, "growth", alt=alt, table=table_of(figure))
    arithmetic(lines)


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
        theme=theme(),
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
    lines = [
        (words.RATIOS[name][0], formula, words.NUMBERS) for name, (formula, _) in found.items()
    ]
    for name, (_, value) in found.items():
        if name != "mla":
            above, below = (mha, value) if name == "mistake" else (value, mla)
            lines.append((words.RATIOS[name][0], Formula(f"{above} / {below}"), words.TIMES))
    arithmetic(lines)
    notes(words.RATIOS_NOTES)
    st.markdown(words.RATIOS_SOURCE)
