"""A Plotly figure with its three exports: PNG, SVG, CSV."""

import csv
import io
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import streamlit as st

from ui.components import component
from ui.words.en import deepseeks_scale as words

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

mount = component("exports")


def as_csv(rows: Iterable[Iterable[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def theme() -> str:
    """The reader's: figures name their ink themselves."""
    return st.context.theme.type or "light"


def chart(figure: "Figure", key: str, *, alt: str, table: Iterable[Iterable[Any]]) -> None:
    """Draws it, and a row of buttons that take it along.

    Args:
        key: also the files' name.
        table: what the picture shows, as rows; the first one names the columns.
    """
    st.plotly_chart(figure, key=key, alt=alt, config={"displaylogo": False, "responsive": True})
    mount(
        key=f"{key}-exports",
        data={"key": key, "csv": as_csv(table), "words": words.EXPORT},
    )
