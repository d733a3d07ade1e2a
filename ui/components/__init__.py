"""Streamlit components v2: what moves in the browser without a rerun a frame."""

import base64
from pathlib import Path

import numpy as np


def source(component: str, name: str) -> str:
    """The text of a component's file; Streamlit takes paths only from installed packages."""
    return (Path(__file__).parent / component / name).read_text(encoding="utf-8")


def script(component: str) -> str:
    """A component's module, behind the few functions that all of them use."""
    shared = (Path(__file__).parent / "shared.js").read_text(encoding="utf-8")
    return shared + source(component, f"{component}.js")


def bytes64(array: np.ndarray) -> str:
    """Numbers on their way to the browser, as float32."""
    return base64.b64encode(np.ascontiguousarray(array, dtype="<f4").tobytes()).decode()
