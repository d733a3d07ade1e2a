"""Loss against cache size, and what each direction of a latent is worth."""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from ui.figures import palette
from ui.words.en import latent_compression as words

LAYERS = 8  # of every embedded model: caches are compared layer by layer
BESIDE = {"mini-mqa": "middle left", "mini-mla": "bottom center", "mini-gqa": "middle right"}
LEGEND = {
    "orientation": "h",
    "yref": "container",
    "y": 0,
    "yanchor": "bottom",
    "font": {"size": 14},
}
LAYOUT: dict[str, Any] = {
    "height": 500,
    "margin": {"l": 10, "r": 10, "t": 50, "b": 10},
    "font": {"size": 14},
}


def curve_figure(
    recorded: dict[str, Any], model: str, live: tuple[float, float] | None
) -> go.Figure:
    """What each way to convert `model` adds to its loss, the trained models, the healed, the live point.

    Args:
        recorded: assets/bench/compression.json.
        live: (numbers cached a token and layer, nats more than `model`).
    """
    figure = go.Figure()
    base = recorded["models"][model]["nats"]
    points = [point for point in recorded["points"] if point["model"] == model]
    ways = dict.fromkeys((point["method"], point["layerwise"]) for point in points)
    for method, layerwise in ways:
        own = [p for p in points if (p["method"], p["layerwise"]) == (method, layerwise)]
        figure.add_scatter(
            x=[p["cached_values"] / LAYERS for p in own],
            y=[p["nats"] - base for p in own],
            name=words.LAYERWISE if layerwise else method,
            mode="lines+markers",
            line={
                "color": palette.METHOD[method],
                "width": 3 if method == "auto" else 2,
                "dash": "dot" if layerwise else "solid",
            },
            marker={"size": 6},
            hovertemplate="%{x} numbers<br>%{y:+.4f} nats",
        )
    healed = [p for p in recorded["healed"] if p["model"].startswith(f"{model}@")]
    if healed:
        figure.add_scatter(
            x=[p["cached_values"] / LAYERS for p in healed],
            y=[p["nats_healed"] - base for p in healed],
            text=[p["model"] for p in healed],
            name=words.HEALED,
            mode="markers",
            marker={"symbol": "x", "size": 11, "color": palette.LATENT},
            hovertemplate="%{text}<br>%{x} numbers<br>%{y:+.4f} nats",
        )
    trained = recorded["models"]
    shown = [name for name in trained if name in (model, "mini-mla", "mini-gqa", "mini-mqa")]
    figure.add_scatter(
        x=[trained[name]["cached_values"] / LAYERS for name in shown],
        y=[trained[name]["nats"] - base for name in shown],
        text=shown,
        mode="markers+text",
        textposition=[BESIDE.get(name, "top center") for name in shown],
        name=words.TRAINED,
        marker={
            "symbol": ["diamond" if name == "mini-mla" else "square" for name in shown],
            "size": [16 if name == "mini-mla" else 9 for name in shown],
            "color": [palette.of_model(name) for name in shown],
            "line": {"width": 1, "color": "#444444"},
        },
        hovertemplate="%{text}<br>%{x} numbers<br>%{y:+.4f} nats",
    )
    if live is not None:
        figure.add_scatter(
            x=[live[0]],
            y=[live[1]],
            name=words.LIVE,
            mode="markers",
            marker={
                "symbol": "circle-open",
                "size": 22,
                "color": palette.LATENT,
                "line": {"width": 4},
            },
            hovertemplate="%{x} numbers<br>%{y:+.4f} nats",
        )
    top = 0.5 if live is None else max(0.5, live[1] + 0.05)
    figure.update_layout(
        **LAYOUT,
        title=words.CURVE_TITLE.format(model=model),
        xaxis={
            "title": words.CURVE_X,
            "type": "log",
            "tickvals": [8, 16, 32, 64, 128, 256, 512],
        },
        # past half a nat more nothing is left to read; the worst lines leave the picture
        # there, but never the reader's own point
        yaxis={"title": words.CURVE_Y.format(model=model), "range": [-0.11, top]},
        legend=LEGEND,
    )
    return figure


def spectrum_figure(energy: np.ndarray, rank: int, *, layer: int, method: str) -> go.Figure:
    """What each direction of one layer is worth, the best first, and the cut.

    Args:
        energy: (d,) of one layer, falling.
        rank: how many are kept.
    """
    share = energy / energy.sum()
    kept = float(share[:rank].sum())
    figure = go.Figure()
    number = np.arange(1, len(share) + 1)
    for part, colour, name in (
        (
            slice(0, rank),
            palette.LATENT,
            words.SPECTRUM_KEPT.format(rank=rank, kept=kept, method=method),
        ),
        (slice(rank, None), "#8c8c8c", words.SPECTRUM_CUT),
    ):
        figure.add_scatter(
            x=number[part],
            y=np.maximum(share[part], 1e-9),
            name=name,
            mode="lines",
            fill="tozeroy",
            line={"color": colour, "width": 2},
            hovertemplate="%{x}: %{y:.2e}",
        )
    figure.add_vline(x=rank + 0.5, line={"color": palette.LATENT, "dash": "dash", "width": 2})
    figure.update_layout(
        **LAYOUT,
        title=words.SPECTRUM_TITLE.format(layer=layer),
        xaxis={"title": words.SPECTRUM_X, "range": [1, len(share)]},
        yaxis={"title": words.SPECTRUM_Y, "type": "log", "exponentformat": "power"},
        legend=LEGEND,
    )
    return figure
