"""The parts of the page "Speed": each one picture, a sentence, and what stands behind it."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from mla_core.arithmetic.formula import brief
from mla_core.experiments.speed.timings import ABSORBED, KINDS, LATENT, OURS, SpeedRun, Timing
from mla_core.experiments.speed.timings import rebuilding_flops as rebuilding
from mla_core.experiments.speed.timings import work as work_of
from mla_core.models.locate import ASSETS
from ui.components.exports import chart, theme
from ui.figures import palette
from ui.show.notes import notes
from ui.speed.large_models import with_experts
from ui.speed.view import (
    BATCHES,
    GPUS,
    Look,
    at,
    fitting,
    others,
    recorded_run,
    step_seconds,
    time_of,
)
from ui.words.en import speed as words

if TYPE_CHECKING:
    from ui.figures.deepseeks_scale import Bar

CONTEXTS = np.unique(np.floor(np.geomspace(256, 2**17, 120)))
TABLE = (4096, 8192, 32_768, 131_072)
LEDGER_COLOURS = {"bytes": palette.ROPE_KEY, "time": palette.LATENT}
KERNELS = ASSETS.parent / "mla_core" / "kernels"


def seconds_of(timing: Timing) -> float:
    """Of a timing that ran."""
    assert timing.seconds is not None
    return timing.seconds


def quickest(timings: Sequence[Timing]) -> list[Timing]:
    """For each number of cached tokens the fastest shape."""
    found: dict[int, Timing] = {}
    for timing in sorted(timings, key=seconds_of):
        found.setdefault(timing.tokens, timing)
    return list(found.values())


def place_of(look: Look) -> dict[str, int]:
    """For the sentences: where the reader looks."""
    return {"batch": look.point[0], "context": look.point[1]}


def provenance(run: SpeedRun) -> None:
    """Whose times these are, and what could not be measured."""
    copy, matmul = (
        words.COPY.format(value=brief(run.copy)),
        words.MATMUL.format(value=brief(run.matmul)),
    )
    about = {"machine": run.machine, "versions": run.versions, "date": run.date, "dtype": run.dtype}
    st.caption(words.PROVENANCE.format(**about, copy=copy, matmul=matmul, source=run.source))
    problems = dict.fromkeys(
        words.LEFT_OUT_ONE.format(
            kind=timing.kind, batch=timing.batch, context=timing.context, problem=timing.problem
        )
        for timing in run.timings
        if timing.problem
    )
    if problems:
        with st.expander(words.LEFT_OUT.format(count=len(problems))):
            st.markdown("\n".join(problems))


def steps(look: Look, run: SpeedRun) -> None:
    from ui.figures.deepseeks_scale import table_of
    from ui.figures.speed import Series, steps_figure

    def series(
        kind: str,
        key: str,
        label: str,
        timings: Sequence[Timing],
        *,
        strong: bool,
        joined: bool = True,
    ) -> Series:
        ordered = sorted(timings, key=lambda t: t.tokens)
        hover = [
            words.STEPS_HOVER.format(
                kind=kind, batch=t.batch, context=t.context, through=t.through,
                time=time_of(seconds_of(t)),
            )
            for t in ordered
        ]  # fmt: skip
        times, tokens = [seconds_of(t) for t in ordered], [t.tokens for t in ordered]
        return Series(
            kind, key, label, tokens, times, hover, strong=strong, joined=joined, listed=joined
        )

    lines = []
    for kind in KINDS:
        fastest = [t for t in (run.fastest(kind, *point) for point in run.points()) if t]
        on_line = quickest(fastest)
        if on_line:
            lines.append(series(kind, kind, kind, on_line, strong=True))
            beside = [t for t in fastest if t not in on_line]
            lines.append(series(kind, kind, kind, beside, strong=False, joined=False))
    ways = others(run)
    for name in ways if len(ways) > 1 else []:
        ran = [t for t in run.timings if (t.kind, t.through) == (ABSORBED, name) and t.seconds]
        through = words.THROUGH.format(through=name)
        lines.append(series(ABSORBED, f"{ABSORBED}, {name}", through, quickest(ran), strong=False))
    here = at(run, look.point)
    mha, mla = seconds_of(here["MHA"]), seconds_of(here[ABSORBED])
    fewer = run.share(here["MHA"]).nbytes / run.share(here[ABSORBED]).nbytes
    told = words.STEPS_TOLD.format(
        mha=time_of(mha), mla=time_of(mla), through=here[ABSORBED].through, times=mha / mla,
        bytes=fewer, **place_of(look),
    )  # fmt: skip
    st.markdown(told)
    figure = steps_figure(lines, theme=theme(), at=look.point[0] * look.point[1])
    alt = words.STEPS_ALT.format(told=told.replace("**", ""))
    chart(figure, "steps", alt=alt, table=table_of(figure))
    if OURS not in ways and len(ways) > 1:
        st.markdown(words.NO_KERNEL.format(through=here[ABSORBED].through))
    notes(words.STEPS_NOTES)


def roofline(look: Look, run: SpeedRun) -> None:
    from ui.figures.deepseeks_scale import table_of
    from ui.figures.speed import Series, roofline_figure

    here, ridge = at(run, look.point), run.matmul / run.copy
    timings = [(timing, True) for timing in here.values()]
    for timing in run.timings:
        same = (timing.batch, timing.context) == look.point and timing.seconds is not None
        if same and timing.kind == ABSORBED and timing != here[ABSORBED]:
            timings.append((timing, False))
    points, intensity = [], {}
    for timing, strong in timings:
        share, seconds = run.share(timing), seconds_of(timing)
        intensity[timing.kind] = share.flops / share.nbytes
        hover = words.ROOF_HOVER.format(
            kind=timing.kind, through=timing.through, intensity=intensity[timing.kind],
            rate=f"{brief(share.flops / seconds)}FLOP/s", share=run.floor(timing) / seconds,
        )  # fmt: skip
        x, y = [intensity[timing.kind]], [share.flops / seconds]
        name = words.SHORT.get(timing.kind, timing.kind) if strong else timing.through
        text = name if strong or not _crowded(run, timing, here.values()) else ""
        key = timing.kind if strong else f"{timing.kind}, {timing.through}"
        points.append(
            Series(timing.kind, key, name, x, y, [hover], text=text, joined=False, strong=strong)
        )
    above = intensity[ABSORBED] > ridge
    told = words.ROOF_TOLD.format(
        ridge=ridge, mha=intensity["MHA"], mla=intensity[ABSORBED],
        where=words.ROOF_ABOVE if above else words.ROOF_BELOW,
    )  # fmt: skip
    st.markdown(told)
    figure = roofline_figure(
        points, theme=theme(), title=words.ROOF_TITLE.format(**place_of(look)),
        copy=run.copy, matmul=run.matmul,
    )  # fmt: skip
    alt = words.ROOF_ALT.format(told=told.replace("**", ""))
    chart(figure, "roofline", alt=alt, table=table_of(figure))
    notes(words.ROOF_NOTES)


def _crowded(run: SpeedRun, timing: Timing, named: Iterable[Timing]) -> bool:
    """Whether a point on the roofline is so near to a named one that a name would cover that."""

    def place(of: Timing) -> np.ndarray:
        share = run.share(of)
        return np.log2([share.flops / share.nbytes, share.flops / seconds_of(of)])

    return any(np.abs(place(other) - place(timing)).max() < 1 for other in named)


def shares(look: Look, run: SpeedRun) -> None:
    from ui.figures.speed import Bar, shares_figure

    bars, rows = [], [words.SHARES_HEAD]
    table: list[list[object]] = [["kind", "through", "measured", "reading", "products"]]
    for kind, timing in at(run, look.point).items():
        share, seconds = run.share(timing), seconds_of(timing)
        reading, products = share.nbytes / run.copy, share.flops / run.matmul
        label = words.SHARES_LABEL.format(kind=kind, time=time_of(seconds))
        bars.append(Bar(kind, label, seconds, reading, products))
        measured = time_of(seconds)
        if timing.seconds_launched is not None:
            launched = time_of(timing.seconds_launched)
            measured = words.SHARES_LAUNCHED.format(measured=measured, launched=launched)
        rows.append(
            words.SHARES_ROW.format(
                kind=kind, through=timing.through, nbytes=f"{brief(share.nbytes)}B",
                read=time_of(reading), flops=f"{brief(share.flops)}FLOP", product=time_of(products),
                measured=measured,
            )
        )  # fmt: skip
        table.append([kind, timing.through, seconds, reading, products])
    mla = bars[-1]
    least = max(mla.reading, mla.products)
    told = words.SHARES_TOLD.format(
        time=time_of(mla.seconds), least=time_of(least), rest=max(0.0, 1 - least / mla.seconds),
        binding=words.SHARES_BINDING["reading" if mla.reading >= mla.products else "products"],
    )  # fmt: skip
    st.markdown(told)
    figure = shares_figure(bars, theme=theme(), title=words.SHARES_TITLE.format(**place_of(look)))
    chart(figure, "shares", alt=words.SHARES_ALT.format(told=told.replace("**", "")), table=table)
    st.markdown("\n".join(rows))
    notes(words.SHARES_NOTES)


def _times(ratio: float, more: str, less: str) -> str:
    """3.4 -> "3.4x more", 0.5 -> "2x fewer"."""
    if abs(ratio - 1) < 0.005:
        return words.LEDGER_SAME
    return more.format(x=ratio) if ratio > 1 else less.format(x=1 / ratio)


def _ledger_bar(kind: str, part: str, value: float) -> "Bar":
    """How many times as much of something a kind of attention needs as MLA."""
    from ui.figures.deepseeks_scale import Bar

    label = words.LEDGER_BARS[part].format(kind=kind)
    return Bar(f"{kind}, {part}", label, value, f"{value:.3g}×", LEDGER_COLOURS[part])


def ledger(look: Look, run: SpeedRun) -> None:
    from ui.figures.deepseeks_scale import bars_figure

    here = at(run, look.point)
    mla = here[ABSORBED]
    mine, took = run.share(mla), seconds_of(mla)
    rows, bars, told = [words.LEDGER_HEAD], [], ""
    for kind in KINDS:
        if kind == ABSORBED:
            continue
        theirs = work_of(kind, *look.point, run.dtype)
        nbytes = _times(mine.nbytes / theirs.nbytes, words.LEDGER_MORE, words.LEDGER_FEWER)
        flops = _times(mine.flops / theirs.flops, words.LEDGER_MORE, words.LEDGER_FEWER)
        if kind in here:
            bars.append(_ledger_bar(kind, "bytes", theirs.nbytes / mine.nbytes))
            ratio = took / seconds_of(here[kind])
            time = _times(ratio, words.LEDGER_LONGER, words.LEDGER_LESS)
            bars.append(_ledger_bar(kind, "time", 1 / ratio))
        else:
            floor = float(theirs.seconds(run.ceilings))
            time = words.LEDGER_NOT.format(floor=time_of(floor), x=floor / took)
        if kind == "MHA":
            alone = {"bytes": nbytes, "flops": flops, "time": time}
            told = words.LEDGER_ALONE.format(**alone, **place_of(look))
        through = here[kind].through if kind in here else "–"
        rows.append(
            words.LEDGER_ROW.format(
                kind=words.KINDS[kind], through=through, bytes=nbytes, flops=flops, time=time
            )
        )
    st.markdown(told)
    chart(
        bars_figure(bars, theme=theme(), title=words.LEDGER_TITLE),
        "ledger",
        alt=words.LEDGER_ALT.format(told=told.replace("**", "")),
        table=[["beside", "times as much as MLA"], *([bar.name, bar.value] for bar in bars)],
    )  # fmt: skip
    st.markdown("\n".join(rows))
    absorbed, rebuilt = LATENT.heads * (2 * 512 + 64), LATENT.heads * LATENT.rebuilt().width
    notes(
        words.LEDGER_NOTES.format(
            flops_mha=absorbed / (LATENT.heads * LATENT.as_mha().width),
            flops_rebuilt=absorbed / rebuilt, rebuilding=rebuilding() / 1e6, expanded=2 * rebuilt,
        )
    )  # fmt: skip


def whole(look: Look, run: SpeedRun) -> None:
    from ui.figures.deepseeks_scale import Line, lines_figure, table_of

    context = look.point[1]
    colours = (palette.ROPE_KEY, palette.V, palette.K, palette.LATENT)

    def ratio(batch: int, tokens: np.ndarray | float) -> np.ndarray:
        return step_seconds(run, "MHA", batch, tokens) / step_seconds(run, ABSORBED, batch, tokens)

    lines = [
        Line(
            f"batch {batch}",
            words.WHOLE_LINE.format(batch=batch),
            colour,
            CONTEXTS,
            ratio(batch, CONTEXTS),
        )
        for batch, colour in zip(BATCHES, colours, strict=True)
    ]
    room = fitting(run, context)
    fits = words.WHOLE_NO_ROOM
    if room[ABSORBED]:
        fits = words.WHOLE_FITS.format(mla=GPUS * room[ABSORBED], mha=GPUS * room["MHA"])
    told = words.WHOLE_TOLD.format(
        context=context, one=float(ratio(1, context)), many=float(ratio(BATCHES[-1], context)),
        most=BATCHES[-1], fits=fits,
    )  # fmt: skip
    st.markdown(told)
    figure = lines_figure(
        lines, title=words.WHOLE_TITLE, x=words.WHOLE_X, y=words.WHOLE_Y, unit="×", theme=theme(),
        at=context, log=False,
    )  # fmt: skip
    alt = words.WHOLE_ALT.format(told=told.replace("**", ""))
    chart(figure, "whole", alt=alt, table=table_of(figure))
    if room[ABSORBED]:
        st.markdown("\n".join([words.WHOLE_HEAD, *(_largest(run, tokens) for tokens in TABLE)]))
    _measured_whole(run)
    if look.run_name == "h200":
        with_experts()
    notes(words.WHOLE_NOTES)


def _largest(run: SpeedRun, context: int) -> str:
    """Tokens a second when each has as many sequences as fit, and where the gain comes from."""
    room = fitting(run, context)
    sizes = {"context": context, "mha": GPUS * room["MHA"], "mla": GPUS * room[ABSORBED]}

    def rate(kind: str, batch: int) -> float:
        return GPUS * batch / float(step_seconds(run, kind, batch, context)) if batch else 0.0

    mha, mla = rate("MHA", room["MHA"]), rate(ABSORBED, room[ABSORBED])
    if not mha:
        return words.WHOLE_NONE.format(**sizes, rate_mla=mla)
    same = rate(ABSORBED, room["MHA"])
    return words.WHOLE_ROW.format(
        **sizes, rate_mha=mha, rate_mla=mla, times=mla / mha, step=same / mha, batch=mla / same
    )


def _measured_whole(run: SpeedRun) -> None:
    """What a whole model took, where one was measured."""
    if not run.whole:
        return
    rows = [words.MEASURED_HEAD]
    for one in run.whole:
        about = {"attention": one.attention, "batch": one.batch, "context": one.context}
        if one.seconds is None:
            rows.append(words.MEASURED_PROBLEM.format(**about, problem=one.problem))
        else:
            rows.append(
                words.MEASURED_ROW.format(
                    **about, through=one.through, time=time_of(one.seconds), rate=one.rate,
                    nbytes=one.nbytes / 1e9,
                )
            )  # fmt: skip
    st.markdown(words.WHOLE_MEASURED.format(shape=run.whole_model))
    st.markdown("\n".join(rows))
    ran = [one for one in run.whole if one.seconds]
    if len(ran) == 3:
        mha, same, own = (one.rate for one in ran)
        st.markdown(words.MEASURED_TOLD.format(times=own / mha, step=same / mha, batch=own / same))


def kernel() -> None:
    """What its numbered steps do, and the kernel itself."""
    run = recorded_run("h200")
    ran = [t for t in run.timings if t.kind == ABSORBED and t.seconds is not None]
    ours = [t for t in ran if t.through == OURS]
    best = max(ours, key=lambda t: run.floor(t) / seconds_of(t))
    beside = [
        words.KERNEL_OTHER.format(name=t.through, time=time_of(seconds_of(t)))
        for t in ran
        if (t.batch, t.context) == (best.batch, best.context) and t is not best
    ]
    timed = words.KERNEL_TIMED.format(
        machine=run.machine, share=run.floor(best) / seconds_of(best), batch=best.batch,
        context=best.context, time=time_of(seconds_of(best)), others=", ".join(beside),
    )  # fmt: skip
    st.markdown(f"{words.KERNEL_TOLD} {timed}")
    said = [
        words.KERNEL_STEP.format(number=number, name=name, text=text)
        for number, (name, text) in words.KERNEL_STEPS.items()
    ]
    notes("\n\n".join(said[:3]))
    notes("\n\n".join(said[3:]))
    code("decode_kernel.py")
    with st.expander(words.KERNEL_HOPPER):
        st.markdown(words.KERNEL_SHARED)
        code("hopper_kernel.py")


def code(name: str) -> None:
    """A file of `mla_core.kernels`, whole."""
    text = (KERNELS / name).read_text(encoding="utf-8")
    st.code(text, language="python", line_numbers=True)
