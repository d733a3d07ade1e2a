"""Growth, speed and ratios of published models: lines and bars, all from formulas."""

from collections.abc import Mapping, Sequence
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
    """One model's curve."""

    model: str
    colour: str
    x: np.ndarray
    y: np.ndarray
    dash: str = "solid"


def lines_figure(
    lines: Sequence[Line], *, title: str, x: str, y: str, theme: str, at: float,
    levels: Mapping[str, float], unit: str = "", log: bool = True,
    marks: Mapping[str, tuple[float, float]] | None = None,
) -> go.Figure:  # fmt: skip
    """Curves over the context.

    Args:
        theme: "light" or "dark".
        at: the reader's own context.
        levels: what to compare with.
        marks: points to name.
    """
    traces: list[dict[str, Any]] = [
        {
            "x": line.x, "y": line.y, "name": line.model, "mode": "lines",
            "line": {"color": line.colour, "width": 3, "dash": line.dash, "simplify": False},
            "hovertemplate": f"%{{x:,}} {words.GROWTH_X}<br>%{{y:.4s}}{unit}",
        }
        for line in lines
    ]  # fmt: skip
    longest = max((line.x for line in lines), key=len)
    for name, level in levels.items():
        traces.append(
            {
                "x": longest[[0, -1]], "y": [level, level], "name": name, "mode": "lines",
                "line": {"color": palette.NEUTRAL, "dash": "dash", "width": 2}, "hoverinfo": "name",
            }
        )  # fmt: skip
    for name, (mark_x, mark_y) in (marks or {}).items():
        traces.append(
            {
                "x": [mark_x], "y": [mark_y], "mode": "markers+text", "text": [name],
                "textposition": "top left", "textfont": font_of(theme), "hoverinfo": "text",
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


def bars_figure(
    values: Mapping[str, float], *, labels: Sequence[str], colours: Sequence[str], theme: str,
    title: str = "", x: str = "", hatched: Sequence[str] = (),
) -> go.Figure:  # fmt: skip
    """Bars of one scale, the first on top, each under its name: so they fit a phone too.

    Args:
        values: by name.
        labels: behind each bar.
        theme: "light" or "dark".
        hatched: names of what is no quantity of its own, but a mistake.
    """
    bars = {
        "type": "bar", "x": list(values.values()), "y": list(values), "orientation": "h",
        "text": labels, "textfont": font_of(theme, 17), "textposition": "outside", "width": 0.45,
        "cliponaxis": False, "hovertemplate": "%{y}<br>%{x:,}<extra></extra>",
        "marker": {
            "color": colours, "pattern": {"shape": ["/" if n in hatched else "" for n in values]},
        },
    }  # fmt: skip
    names = [
        {
            "x": 0, "y": name, "text": name, "showarrow": False, "xanchor": "left",
            "yanchor": "bottom", "xshift": -4, "yshift": 15, "font": font_of(theme),
        }
        for name in values
    ]  # fmt: skip
    across = {"title": x, "range": [0, 1.45 * max(values.values())], "exponentformat": "SI"}
    up = {"showticklabels": False, "autorange": "reversed"}
    height = 130 + 66 * len(values)
    return figure(
        [bars], theme, title=title, across=across, up=up, height=height, annotations=names
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
            rows.append([trace.name or "", x, y])
    return rows
