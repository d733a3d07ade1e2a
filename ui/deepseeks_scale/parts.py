"""The parts of the page "At DeepSeek's scale": each one picture, a sentence, its arithmetic."""

from collections.abc import Sequence

import streamlit as st

from mla_core.arithmetic.architectures import PUBLISHED, Architecture
from mla_core.arithmetic.formula import Formula, number
from mla_core.arithmetic.roofline import (
    sequences_that_fit,
)
from mla_core.experiments.deepseeks_scale import Assemble, PatternWall
from ui import catalogue
from ui.components.exports import chart, theme
from ui.components.gpu_memory import Frame, gpu_memory
from ui.components.pattern_wall import pattern_wall
from ui.deepseeks_scale.view import Scale
from ui.figures import palette
from ui.jobs.recordings import recorded
from ui.show.notes import notes
from ui.words.en import deepseeks_scale as words

GB = 1e9
RATIOS = {  # numbers a token and layer, by baseline
    "mla": "kv_lora_rank + qk_rope_head_dim",
    "mha": "2 * heads * head_dim",
    "rebuilt": "heads * (qk_nope_head_dim + qk_rope_head_dim + v_head_dim)",
    "trained": "elements / layers",
    "gqa": "2 * kv_heads * head_dim",
    "mistake": "kv_lora_rank",  # the rope key forgotten
}
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
    gpu_memory(frames, tokens=view.context, alt=alt)
    arithmetic(lines)


def growth(view: Scale) -> None:
    from ui.figures.deepseeks_scale import Line, largest_context, lines_figure, table_of

    curves, caches, lines = [], [], []
    for key, model, colour in zip(view.names, view.pair, colours(view), strict=True):
        x = largest_context(model.context)
        one = model.cache(view.storage)
        curves.append(Line(key, model.name, colour, x, view.batch * one.value(t=x)))
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
        y=words.GROWTH_Y, unit="B", theme=theme(), level=(machine, view.machine.memory), at=view.context,
    )  # fmt: skip
    alt = words.GROWTH_ALT.format(told=told.replace("**", ""))
    chart(figure, "growth", alt=alt, table=table_of(figure))
    arithmetic(lines)


def heads(_view: Scale) -> None:
    crowd: PatternWall = recorded(Assemble())
    pattern_wall(crowd)
    first, own, before = (f"{share:.0%}" for share in crowd.shares())
    notes(words.CROWD_NOTES.format(first=first, own=own, before=before))


def ratio_values() -> dict[str, tuple[Formula, int]]:
    """Numbers a token and layer of each baseline, from the shape of R1."""
    latent = PUBLISHED[catalogue.R1].latent
    assert latent is not None
    sizes = {
        "heads": latent.heads, "head_dim": latent.v_head_dim, "v_head_dim": latent.v_head_dim,
        "qk_nope_head_dim": latent.qk_nope_head_dim, "qk_rope_head_dim": latent.qk_rope_head_dim,
        "kv_lora_rank": latent.kv_lora_rank, "kv_heads": 8,
        "elements": TRAINED_ELEMENTS, "layers": TRAINED_LAYERS,
    }  # fmt: skip
    found = {}
    for name, expression in RATIOS.items():
        formula = Formula(expression, sizes)
        found[name] = (formula, int(formula.value()))
    return found


def ratios(_view: Scale) -> None:
    from ui.figures.deepseeks_scale import Bar, bars_figure

    found = ratio_values()
    values = {name: value for name, (_, value) in found.items()}
    told = ", ".join(f"{words.RATIOS[name]}: {value:,}" for name, value in values.items())
    bars, mla, mha = [], values["mla"], values["mha"]
    for name, value in values.items():
        ratio = mha / value if name == "mistake" else value / mla
        form = words.RATIO_LABEL.get(name, words.RATIO_LABEL["other"])
        bars.append(
            Bar(
                name, words.RATIOS[name], value, form.format(values=value, ratio=ratio),
                RATIO_COLOURS.get(name, palette.K), hatched=name == "mistake",
            )
        )  # fmt: skip
    figure = bars_figure(bars, theme=theme(), title=words.RATIOS_TITLE, x=words.RATIOS_X)
    chart(
        figure,
        "ratios",
        alt=words.RATIOS_ALT.format(told=told),
        table=[["baseline", "numbers a token and layer"], *values.items()],
    )
    lines = [(words.RATIOS[name], formula, words.NUMBERS) for name, (formula, _) in found.items()]
    for name, value in values.items():
        if name != "mla":
            above, below = (mha, value) if name == "mistake" else (value, mla)
            lines.append((words.RATIOS[name], Formula(f"{above} / {below}"), words.TIMES))
    arithmetic(lines)
    notes(words.RATIOS_NOTES)
    st.markdown(words.RATIOS_SOURCE)
