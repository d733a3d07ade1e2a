"""One head's attention pattern as a heatmap."""

import numpy as np
import plotly.graph_objects as go

from ui.figures import palette
from ui.words.en import common as words


def pattern_figure(
    pattern: np.ndarray, labels: list[str], *, title: str, hide_first: bool, theme: str
) -> go.Figure:
    """Rows are queries, columns keys; future keys are left empty.

    Args:
        pattern: (s, t) of one head.
        labels: unique, one a token.
        hide_first: drop the first key and scale the rows back to 1.
        theme: "light" or "dark".
    """
    weights = np.where(np.tril(np.ones_like(pattern, dtype=bool)), pattern, np.nan)
    keys = labels
    if hide_first:
        weights, keys = without_first_key(weights), labels[1:]
    heatmap = go.Heatmap(
        z=weights.astype(np.float32),
        x=keys,
        y=labels,
        zmin=0,
        zmax=1,
        colorscale=palette.colorscale(palette.WEIGHTS[theme]),
        colorbar={"title": words.WEIGHT, "thickness": 14},
        hovertemplate=f"{words.QUERY} %{{y}}<br>{words.KEY} %{{x}}<br>%{{z:.6f}}<extra></extra>",
    )
    figure = go.Figure(heatmap)
    figure.update_layout(
        title=title,
        height=520,
        margin={"l": 10, "r": 10, "t": 50, "b": 10},
        xaxis={
            "title": words.KEY,
            "tickangle": -60,
            "tickfont": {"size": 14},
            "constrain": "domain",
            "showgrid": False,
        },
        yaxis={
            "title": words.QUERY,
            "tickfont": {"size": 14},
            "autorange": "reversed",
            "scaleanchor": "x",
            "showgrid": False,
        },
    )
    return figure


def without_first_key(weights: np.ndarray) -> np.ndarray:
    """(s, t - 1): the sink's column gone, each row scaled back to 1; row 0 has nothing left."""
    rest = weights[:, 1:]
    total = np.nansum(rest, axis=1, keepdims=True)
    return np.divide(rest, total, out=np.full_like(rest, np.nan), where=total > 0)
