"""Taking things away: exact values in Plotly figures, pictures, and the traces as files."""

import functools
import io
from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

import streamlit as st

from mla_core.records.trace import Trace
from ui.show.labels import token_labels
from ui.words.en import common as words

# the camera of a figure saves vectors: they print and project at any size
PICTURE = {"toImageButtonOptions": {"format": "svg"}, "displaylogo": False}


@runtime_checkable
class Savable(Protocol):
    """A result that can be written to a file."""

    def save(self, path: io.BytesIO) -> None: ...
    def __hash__(self) -> int: ...


@functools.lru_cache(maxsize=8)  # results are compared by identity: each is written once
def _as_file(result: Any) -> bytes:
    file = io.BytesIO()
    result.save(file)
    return file.getvalue()


def take_away(results: Mapping[str, Savable]) -> None:
    """A button for each result, by model."""
    with st.container(horizontal=True):
        for name, result in results.items():
            label = words.TAKE_AWAY.format(model=name)
            st.download_button(label, _as_file(result), f"{name}.npz", key=f"take-{name}")


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
            column.download_button(
                words.DOWNLOAD.format(model=model), _as_file(trace), f"{model}.npz"
            )
        st.plotly_chart(
            cache_figure({model: trace.cache_nbytes for model, trace in traces.items()}),
            key="cache",
            config=PICTURE,
            alt=words.CACHE_ALT.format(models=", ".join(traces)),
        )
