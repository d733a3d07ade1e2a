"""Taking things away: exact values in Plotly figures, pictures, and the numbers as files."""

import io
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import streamlit as st

from mla_core.experiments import Job
from mla_core.models.tokenizer import Tokenizer
from mla_core.records.trace import Trace
from ui.jobs.engine import ENGINE
from ui.jobs.recordings import recorded
from ui.show.labels import token_labels
from ui.words.en import common as words

# the camera of a figure saves vectors: they print and project at any size
PICTURE = {"toImageButtonOptions": {"format": "svg"}, "displaylogo": False}


def file_button(label: str, file_name: str, make: Callable[[], bytes], *, key: str) -> None:
    """A button that makes its file when it is pressed, in a thread of its own.

    `make` lives as long as the page is on the screen: let it hold what to ask for, not the answer,
    which would be held beside the engine's memory and count nowhere.
    """
    # taking a file away changes nothing on the page, so it is not run again
    st.download_button(label, make, file_name, on_click="ignore", key=key)


def _packed(job: Job[Any]) -> bytes:
    """The answer to a job as an .npz; computed again where it is not remembered any more."""
    file = io.BytesIO()
    (ENGINE.remembered(job) or recorded(job) or ENGINE.run(job)).save(file)
    return file.getvalue()


def take_away(jobs: Mapping[str, Job[Any]]) -> None:
    """A button for the numbers of each model's job."""
    with st.container(horizontal=True):
        for name, job in jobs.items():
            label = words.TAKE_AWAY.format(model=name)
            file_button(label, f"{name}.npz", partial(_packed, job), key=f"take-{name}")


def closer_look(
    traces: dict[str, Trace],
    jobs: Mapping[str, Job[Any]],
    heads: dict[str, tuple[int, int]],
    tokenizer: Tokenizer,
    *,
    hide_first: bool,
) -> None:
    """An expander whose content, and the chart library it needs, load only when it is opened.

    Args:
        traces: by model; `jobs` are what they answer.
        heads: (layer, head) to draw, by model.
        tokenizer: of the models.
        hide_first: whether the first token's weights are left out.
    """
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
                    token_labels(trace, tokenizer),
                    title=words.PATTERN_TITLE.format(**about),
                    hide_first=hide_first,
                    theme=st.context.theme.type or "light",
                ),
                key=f"pattern-{model}",
                config=PICTURE,
                alt=words.PATTERN_ALT.format(**about, count=len(trace.tokens)),
            )
            with column:
                file_button(
                    words.DOWNLOAD.format(model=model),
                    f"{model}.npz",
                    partial(_packed, jobs[model]),
                    key=f"trace-{model}",
                )
        st.plotly_chart(
            cache_figure({model: trace.cache_nbytes for model, trace in traces.items()}),
            key="cache",
            config=PICTURE,
            alt=words.CACHE_ALT.format(models=", ".join(traces)),
        )
