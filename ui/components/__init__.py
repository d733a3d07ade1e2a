"""Streamlit components v2: what moves in the browser without a rerun a frame."""

from pathlib import Path


def source(component: str, name: str) -> str:
    """The text of a component's file; Streamlit takes paths only from installed packages."""
    return (Path(__file__).parent / component / name).read_text(encoding="utf-8")
