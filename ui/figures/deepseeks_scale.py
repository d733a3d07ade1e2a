"""Growth, speed and ratios of published models: lines and bars, all from formulas."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor
from typing import Any

import numpy as np
import plotly.graph_objects as go

from ui.figures import palette
from ui.words.en import deepseeks_scale as words

MARGIN = {"l": 10, "r": 10, "t": 60, "b": 10}


@dataclass(frozen=True)
class Line:
    """One model's curve: `name` in what is exported, `label` in the legend."""

    name: str
    label: str
    colour: str
    x: np.ndarray
    y: np.ndarray
    dash: str = "solid"


def lines_figure(
    lines: Sequence[Line], *, title: str, x: str, y: str, theme: str, at: float,
    level: tuple[str, float] | None = None, unit: str = "", log: bool = True,
    mark: tuple[str, float, float] | None = None,
) -> go.Figure:  # fmt: skip
    """Curves over the context.

    Args:
        theme: "light" or "dark".
        at: the reader's own context.
        level: (label, y) to compare with.
        mark: (label, x, y) of a point.
    """
    traces: list[dict[str, Any]] = [
        {
            "x": line.x, "y": line.y, "meta": line.name, "name": line.label, "mode": "lines",
            "line": {"color": line.colour, "width": 3, "dash": line.dash, "simplify": False},
            "hovertemplate": f"%{{x:,}} {words.GROWTH_X}<br>%{{y:.4s}}{unit}",
        }
        for line in lines
    ]  # fmt: skip
    if level is not None:
        longest = max((line.x for line in lines), key=len)
        traces.append(
            {
                "x": longest[[0, -1]], "y": [level[1]] * 2, "meta": "level", "name": level[0],
                "line": {"color": palette.NEUTRAL, "dash": "dash", "width": 2}, "mode": "lines",
                "hoverinfo": "name",
            }
        )  # fmt: skip
    if mark is not None:
        traces.append(
            {
                "x": [mark[1]], "y": [mark[2]], "mode": "markers+text", "text": [mark[0]],
                "meta": "mark", "textposition": "top left", "textfont": font_of(theme), "hoverinfo": "text",
                "marker": {"size": 13, "color": palette.V}, "showlegend": False,
            }
        )  # fmt: skip
    ticks = [2**power for power in range(0, 21, 2)]
    across = {
        "title": x, "type": "log", "tickvals": ticks, "ticktext": [short(tick) for tick in ticks]
    }  # fmt: skip
    up = {"title": y, "exponentformat": "SI", "ticksuffix": unit}
    up |= {"type": "log"} if log else {"rangemode": "tozero"}
    marker = {
        "type": "line", "x0": at, "x1": at, "yref": "paper", "y0": 0, "y1": 1,
        "line": {"color": palette.NEUTRAL, "dash": "dot", "width": 2},
    }  # fmt: skip
    legend = {"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom"}
    more = {"height": 470, "shapes": [marker], "legend": legend | {"font": font_of(theme)}}
    return figure(traces, theme, title=title, across=across, up=up, **more)


def font_of(theme: str, size: int = 15) -> dict[str, Any]:
    """The page's own ink, large enough for a projector."""
    return {"size": size, "color": palette.INK[theme]}


def figure(
    traces: list[dict[str, Any]], theme: str, *, title: str, across: dict[str, Any],
    up: dict[str, Any], **layout: Any,
) -> go.Figure:  # fmt: skip
    """Made in one piece: to a figure that stands, plotly adds each part ten times as slowly."""
    font = font_of(theme)
    axes = {
        name: axis | {"tickfont": font, "title": {"text": axis.get("title", ""), "font": font}}
        for name, axis in (("xaxis", across), ("yaxis", up))
    }
    layout |= {"title": {"text": title}, "margin": MARGIN, "font": font, **axes}
    return go.Figure({"data": traces, "layout": layout})


def short(tokens: int) -> str:
    """2 to the n as it is said: 1k, 128k, 1M."""
    if tokens >= 1 << 20:
        return f"{tokens >> 20}M"
    return f"{tokens >> 10}k" if tokens >= 1024 else str(tokens)


@dataclass(frozen=True)
class Bar:
    """One bar: `name` in the figure, `label` over it, `told` behind it.

    Attributes:
        hatched: it is no quantity of its own, but a mistake.
    """

    name: str
    label: str
    value: float
    told: str
    colour: str
    hatched: bool = False


def bars_figure(bars: Sequence[Bar], *, theme: str, title: str = "", x: str = "") -> go.Figure:
    """Bars of one scale, the first on top, each under its label: so they fit a phone too.

    Args:
        theme: "light" or "dark".
    """
    drawn = {
        "type": "bar", "x": [bar.value for bar in bars], "y": [bar.name for bar in bars],
        "orientation": "h", "text": [bar.told for bar in bars], "textfont": font_of(theme, 17),
        "textposition": "outside", "width": 0.45, "cliponaxis": False,
        "customdata": [bar.label for bar in bars],
        "hovertemplate": "%{customdata}<br>%{x:,}<extra></extra>",
        "marker": {
            "color": [bar.colour for bar in bars],
            "pattern": {"shape": ["/" if bar.hatched else "" for bar in bars]},
        },
    }  # fmt: skip
    labels = [
        {
            "x": 0, "y": bar.name, "text": bar.label, "showarrow": False, "xanchor": "left",
            "yanchor": "bottom", "xshift": -4, "yshift": 15, "font": font_of(theme),
        }
        for bar in bars
    ]  # fmt: skip
    most = max(bar.value for bar in bars)
    across = {"title": x, "range": [0, 1.45 * most], "exponentformat": "SI"}
    up = {"showticklabels": False, "autorange": "reversed"}
    height = 130 + 66 * len(bars)
    return figure(
        [drawn], theme, title=title, across=across, up=up, height=height, annotations=labels
    )


def largest_context(context: int | None, most: float = 2.0**20) -> np.ndarray:
    """Contexts to draw a curve over, up to a model's own."""
    last = min(most, float(context or most))
    return np.unique(np.floor(np.geomspace(1, last, 200)))


def crossing(x: np.ndarray, y: np.ndarray, level: float) -> float | None:
    """Where a curve first rises through a level; None if it never does."""
    above = np.flatnonzero(y >= level)
    if not len(above) or above[0] == 0:
        return None
    i = int(above[0])
    share = (level - y[i - 1]) / (y[i] - y[i - 1])
    return float(floor(x[i - 1] + share * (x[i] - x[i - 1])))


def table_of(figure: go.Figure) -> list[list[Any]]:
    """What its curves and bars are drawn from: a line for each point."""
    rows: list[list[Any]] = [["series", "x", "y"]]
    for trace in figure.data:
        for x, y in zip(trace.x, trace.y, strict=True):
            rows.append([trace.meta or "", x, y])
    return rows
