"""Growth, speed and ratios of published models: lines and bars, all from formulas."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import floor
from typing import Any

import numpy as np
import plotly.graph_objects as go

from ui.figures import palette
from ui.words import scale as words

FONT = {"size": 15}
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
    lines: Sequence[Line], *, title: str, x: str, y: str, levels: Mapping[str, float], unit: str = "",
    at: float, log: bool = True, marks: Mapping[str, tuple[float, float]] | None = None,
) -> go.Figure:  # fmt: skip
    """Curves over the context, with levels to compare with and the reader's own context marked."""
    figure = go.Figure()
    for line in lines:
        figure.add_scatter(
            x=line.x, y=line.y, name=line.model, mode="lines",
            line={"color": line.colour, "width": 3, "dash": line.dash, "simplify": False},
            hovertemplate=f"%{{x:,}} {words.GROWTH_X}<br>%{{y:.4s}}{unit}",
        )  # fmt: skip
    longest = max((line.x for line in lines), key=len)
    for name, level in levels.items():
        figure.add_scatter(
            x=longest[[0, -1]], y=[level, level], name=name, mode="lines", hoverinfo="name",
            line={"color": palette.NEUTRAL, "dash": "dash", "width": 2},
        )  # fmt: skip
    figure.add_vline(x=at, line={"color": palette.NEUTRAL, "dash": "dot", "width": 2})
    for name, (mark_x, mark_y) in (marks or {}).items():
        figure.add_scatter(
            x=[mark_x], y=[mark_y], mode="markers+text", text=[name], textposition="top left",
            marker={"size": 13, "color": palette.V}, showlegend=False, hoverinfo="text",
        )  # fmt: skip
    kind = {"type": "log"} if log else {"rangemode": "tozero"}
    ticks = [2**power for power in range(0, 21, 2)]
    figure.update_layout(
        title=title, height=470, margin=MARGIN, font=FONT,
        xaxis={
            "title": x, "type": "log", "tickvals": ticks, "ticktext": [_short(tick) for tick in ticks],
        },
        yaxis={"title": y, "exponentformat": "SI", "ticksuffix": unit, **kind},
        legend={"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom"},
    )  # fmt: skip
    return figure


def inked(figure: go.Figure, theme: str) -> go.Figure:
    """Axes, legend and notes in the page's own ink, large enough for a projector."""
    font = {"size": 15, "color": palette.INK[theme]}
    figure.update_xaxes(tickfont=font, title_font=font)
    figure.update_yaxes(tickfont=font, title_font=font)
    figure.update_annotations(font=font)
    figure.update_layout(font=font, legend_font=font)
    for trace in figure.data:
        if trace.type == "bar" or "text" in (trace.mode or ""):
            trace.textfont = font | {"size": 17 if trace.type == "bar" else 15}
    return figure


def _short(tokens: int) -> str:
    """2 to the n as it is said: 1k, 128k, 1M."""
    if tokens >= 1 << 20:
        return f"{tokens >> 20}M"
    return f"{tokens >> 10}k" if tokens >= 1024 else str(tokens)


def bars_figure(
    values: Mapping[str, float], *, labels: Sequence[str], colours: Sequence[str], title: str = "",
    x: str = "", hatched: Sequence[str] = (),
) -> go.Figure:  # fmt: skip
    """Bars of one scale, the first on top, each under its name: so they fit a phone too.

    Args:
        values: by name.
        labels: behind each bar.
        hatched: names of what is no quantity of its own, but a mistake.
    """
    figure = go.Figure(
        go.Bar(
            x=list(values.values()), y=list(values), orientation="h", text=labels, width=0.45,
            textposition="outside", cliponaxis=False,
            marker={
                "color": colours, "pattern": {"shape": ["/" if n in hatched else "" for n in values]},
            },
            hovertemplate="%{y}<br>%{x:,}<extra></extra>",
        )
    )  # fmt: skip
    for name in values:
        figure.add_annotation(
            x=0, y=name, text=name, showarrow=False, xanchor="left", yanchor="bottom", yshift=15,
            xshift=-4,
        )  # fmt: skip
    figure.update_layout(
        title=title, height=130 + 66 * len(values), margin=MARGIN, font=FONT,
        xaxis={
            "title": x, "range": [0, 1.45 * max(values.values())], "exponentformat": "SI",
        },
        yaxis={"showticklabels": False, "autorange": "reversed"},
    )  # fmt: skip
    return figure


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
