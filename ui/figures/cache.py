"""Bytes in the KV cache against tokens."""

import plotly.graph_objects as go

from ui.figures import palette
from ui.words.en import common as words


def cache_figure(nbytes: dict[str, tuple[int, ...]]) -> go.Figure:
    """One line a model, measured after each token.

    Args:
        nbytes: for each model the bytes in its live cache after 1, 2, ... tokens.
    """
    figure = go.Figure()
    for model, values in nbytes.items():
        figure.add_scatter(
            x=list(range(1, len(values) + 1)),
            y=values,
            name=model,
            mode="lines+markers",
            line={"color": palette.of_model(model), "width": 3},
            hovertemplate=f"%{{x}} {words.TOKENS_AXIS}<br>%{{y:,}} {words.BYTES_AXIS}",
        )
    figure.update_layout(
        title=words.CACHE_TITLE,
        height=380,
        margin={"l": 10, "r": 10, "t": 50, "b": 10},
        font={"size": 14},
        xaxis={"title": words.TOKENS_AXIS, "rangemode": "tozero"},
        yaxis={"title": words.BYTES_AXIS, "rangemode": "tozero"},
        legend={"orientation": "h", "y": 1.12, "x": 1, "xanchor": "right"},
    )
    return figure
