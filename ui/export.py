"""Taking things away: exact values in Plotly figures, pictures, and the traces as files."""

import io

import streamlit as st

from mla_core.traces import Trace
from ui import words
from ui.labels import token_labels

# the camera of a figure saves vectors: they print and project at any size
PICTURE = {"toImageButtonOptions": {"format": "svg"}, "displaylogo": False}


def closer_look(
    traces: dict[str, Trace], heads: dict[str, tuple[int, int]], *, hide_first: bool
) -> None:
    """An expander whose content, and the chart library it needs, load only when it is opened."""
    more = st.expander(words.CLOSER, on_change="rerun", key="closer")
    if not more.open:
        return
    from ui.figures.cache import cache_figure
    from ui.figures.pattern import pattern_figure

    with more:
        st.caption(words.CLOSER_NOTE)
        for column, (model, trace) in zip(st.columns(len(traces)), traces.items(), strict=True):
            layer, head = heads[model]
            about = {"model": model, "layer": layer, "head": head}
            column.plotly_chart(
                pattern_figure(
                    trace.pattern[layer, head],
                    token_labels(trace),
                    title=words.PATTERN_TITLE.format(**about),
                    hide_first=hide_first,
                    theme=st.context.theme.type or "light",
                ),
                key=f"pattern-{model}",
                config=PICTURE,
                alt=words.PATTERN_ALT.format(**about, count=len(trace.tokens)),
            )
            file = io.BytesIO()
            trace.save(file)
            column.download_button(
                words.DOWNLOAD.format(model=model), file.getvalue(), f"{model}.npz"
            )
        st.plotly_chart(
            cache_figure({model: trace.cache_nbytes for model, trace in traces.items()}),
            key="cache",
            config=PICTURE,
            alt=words.CACHE_ALT.format(models=", ".join(traces)),
        )
