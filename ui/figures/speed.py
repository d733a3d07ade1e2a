"""Measured decode steps: a race, a roofline, what time is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from ui.figures import palette
from ui.figures.deepseeks_scale import figure, font_of, short
from ui.words.en import speed as words

COLOURS = {
    "MHA": palette.K, "GQA-8": palette.V, "MQA": palette.Q, "MLA rebuilt": palette.PATTERN,
    "MLA absorbed": palette.LATENT,
}  # fmt: skip
SYMBOLS = {
    "MHA": "circle",
    "GQA-8": "square",
    "MQA": "diamond",
    "MLA rebuilt": "x",
    "MLA absorbed": "star",
}
SHARE_COLOURS = {
    "reading": palette.ROPE_KEY, "products": palette.LATENT, "rest": palette.NEUTRAL,
}  # fmt: skip
TIMES = {
    1e-6: "1 µs", 1e-5: "10 µs", 1e-4: "100 µs", 1e-3: "1 ms", 1e-2: "10 ms", 1e-1: "100 ms", 1.0: "1 s",
}  # fmt: skip
RATES = {
    1e8: "100 M", 1e9: "1 G", 1e10: "10 G", 1e11: "100 G", 1e12: "1 T", 1e13: "10 T", 1e14: "100 T",
    1e15: "1 P",
}  # fmt: skip


def _ticks(names: Mapping[float, str]) -> dict[str, Any]:
    return {"tickvals": list(names), "ticktext": list(names.values())}


@dataclass(frozen=True)
class Series:
    """Points of one kind of attention, and what to say of each.

    Attributes:
        key: in what is exported.
        label: in the legend.
        text: beside each point; none unless said otherwise.
        strong: the kind itself, not one more way to run it.
        listed: in the legend.
    """

    kind: str
    key: str
    label: str
    x: Sequence[float]
    y: Sequence[float]
    hover: Sequence[str]
    text: str = ""
    joined: bool = True
    strong: bool = True
    listed: bool = True


def _trace(series: Series, theme: str) -> dict[str, Any]:
    mode = "lines+markers" if series.joined else "markers"
    return {
        "x": series.x, "y": series.y, "meta": series.key, "name": series.label, "mode": mode + "+text" * bool(series.text),
        "text": [series.text] * len(series.x), "textfont": font_of(theme),
        "textposition": "bottom right" if series.strong else "middle right", "cliponaxis": False,
        "line": {
            "color": COLOURS[series.kind], "width": 3 if series.strong else 1.5,
            "dash": "solid" if series.strong else "dot",
        },
        "showlegend": series.listed,
        "marker": {
            "color": COLOURS[series.kind], "size": 11 if series.strong else 7,
            "symbol": SYMBOLS[series.kind] if series.strong else "circle-open",
        },
        "hovertext": series.hover, "hovertemplate": "%{hovertext}<extra></extra>",
    }  # fmt: skip


def steps_figure(lines: Sequence[Series], *, theme: str, at: float) -> go.Figure:
    """Seconds of a step over the tokens in all caches, both logarithmic; `at` marks the reader's."""
    marker = {
        "type": "line", "x0": at, "x1": at, "yref": "paper", "y0": 0, "y1": 1,
        "line": {"color": palette.NEUTRAL, "dash": "dot", "width": 2},
    }  # fmt: skip
    return figure(
        [_trace(line, theme) for line in lines], theme, title=words.STEPS_TITLE,
        across={"title": words.STEPS_X, "type": "log"} | _ticks({2**power: short(2**power) for power in range(8, 21, 2)}),
        up={"title": words.STEPS_Y, "type": "log"} | _ticks(TIMES),
        height=520, shapes=[marker],
        legend={"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom", "font": font_of(theme)},
    )  # fmt: skip


def roofline_figure(
    points: Sequence[Series], *, theme: str, title: str, copy: float, matmul: float
) -> go.Figure:
    """FLOP a second over FLOP a byte: what each step reached, under what it could reach.

    Args:
        copy, matmul: the measured ceilings, bytes and FLOP a second.
    """
    ridge = matmul / copy
    x = np.array([0.3, ridge, 3000.0])
    roof = {
        "x": x, "y": np.minimum(copy * x, matmul), "mode": "lines", "meta": "roof", "name": words.ROOF_NAME,
        "line": {"color": palette.INK[theme], "width": 2}, "hoverinfo": "name",
    }  # fmt: skip
    traces = [roof, *(_trace(point, theme) for point in points)]
    note = {
        "x": np.log10(ridge), "y": np.log10(matmul), "text": words.ROOF_RIDGE.format(ridge=ridge),
        "showarrow": False, "yshift": 16, "xanchor": "right", "font": font_of(theme),
    }  # fmt: skip
    return figure(
        traces, theme, title=title,
        across={"title": words.ROOF_X, "type": "log", "dtick": 1, "range": [np.log10(0.3), np.log10(3000)]},
        up={"title": words.ROOF_Y, "type": "log"} | _ticks(RATES),
        height=520, showlegend=False, annotations=[note],
    )  # fmt: skip


@dataclass(frozen=True)
class Bar:
    """One step: seconds measured, and what reading and multiplying alone would take."""

    kind: str
    label: str
    seconds: float
    reading: float
    products: float


def shares_figure(bars: Sequence[Bar], *, theme: str, title: str) -> go.Figure:
    """Bars of 100 %, the first on top: the longer of reading and products, then the rest."""
    parts = {
        "reading": [_least(b) if b.reading >= b.products else 0 for b in bars],
        "products": [_least(b) if b.reading < b.products else 0 for b in bars],
        "rest": [1 - _least(b) for b in bars],
    }
    traces = [
        {
            "type": "bar", "orientation": "h", "meta": part, "name": words.SHARES[part], "y": [bar.kind for bar in bars], "x": shares,
            "width": 0.45, "marker": {"color": SHARE_COLOURS[part]}, "textposition": "inside",
            "text": [f"{share:.0%}" if share > 0.05 else "" for share in shares], "textfont": {"size": 16},
            "hovertemplate": "%{x:.1%} " + words.SHARES[part] + "<extra></extra>",
        }
        for part, shares in parts.items()
    ]  # fmt: skip
    names = [
        {
            "x": 0, "y": bar.kind, "text": bar.label, "showarrow": False, "xanchor": "left",
            "yanchor": "bottom", "xshift": -4, "yshift": 15, "font": font_of(theme),
        }
        for bar in bars
    ]  # fmt: skip
    return figure(
        traces, theme, title=title,
        across={"title": words.SHARES_X, "tickformat": ".0%", "range": [0, 1.02], "dtick": 0.2},
        up={"showticklabels": False, "autorange": "reversed"},
        barmode="stack", height=190 + 66 * len(bars), annotations=names,
        legend={"traceorder": "normal", "orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom", "font": font_of(theme)},
    )  # fmt: skip


def _least(bar: Bar) -> float:
    """The share that the slower ceiling explains; reading alone can beat a copy's speed."""
    return min(1.0, max(bar.reading, bar.products) / bar.seconds)
