"""Under "Sharing heads": our runs as a table and a file, and what others measured."""

import statistics

import streamlit as st

from mla_core.models.locate import ASSETS
from ui.components.sharing_heads import Runs, label_of, numbers_of, points, runs_of
from ui.show.export import file_button
from ui.words.en import sharing_heads as words


def table(runs: Runs) -> str:
    """The runs as Markdown: one line a model, the largest cache first."""
    lines = [words.RUNS_HEAD]
    for point in sorted(points(runs), key=lambda point: -point["numbers"]):
        model, losses = point["model"], runs_of(runs, point["model"])
        parameters = next(run["parameters"] for run in runs if run["model"] == model)
        lines.append(
            f"| {label_of(model)} | {numbers_of(runs, model)} | {parameters:,} "
            f"| **{statistics.mean(losses):.4f}** | {statistics.stdev(losses):.4f} |"
        )
    return "\n".join(lines)


def evidence(runs: Runs) -> None:
    """Both, side by side where there is room."""
    ours, theirs = st.columns([1.15, 1], gap="large")
    with ours:
        st.markdown(words.RUNS_TITLE)
        st.markdown(table(runs))
        file = ASSETS / "bench" / "sharing.jsonl"
        file_button(words.RUNS_FILE, file.name, file.read_bytes, key="runs")
        st.markdown(words.SMALL_SCALE)
    with theirs:
        st.markdown(words.OTHERS)
