"""Streamlit components v2: what moves in the browser without a rerun a frame."""

import base64
from pathlib import Path

import numpy as np

VALUE_BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}  # of a trace's dtype


def source(component: str, name: str) -> str:
    """The text of a component's file; Streamlit takes paths only from installed packages."""
    return (Path(__file__).parent / component / name).read_text(encoding="utf-8")


def style(component: str) -> str:
    """A component's style, behind what all of them share."""
    shared = (Path(__file__).parent / "shared.css").read_text(encoding="utf-8")
    return shared + source(component, f"{component}.css")


def script(component: str, *parts: str) -> str:
    """A component's module, behind the few functions that all of them use, and parts of its own."""
    shared = (Path(__file__).parent / "shared.js").read_text(encoding="utf-8")
    return shared + "".join(source(component, f"{part}.js") for part in (*parts, component))


def bytes64(array: np.ndarray, dtype: str = "<f4") -> str:
    """Numbers on their way to the browser, as float32 unless said otherwise."""
    return base64.b64encode(np.ascontiguousarray(array, dtype=dtype).tobytes()).decode()
