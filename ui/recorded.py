"""The recorded traces under assets/traces: what a page shows before any model is loaded."""

import functools

from mla_core.engine import Request
from mla_core.models.locate import ASSETS
from mla_core.traces import Trace, TraceError
from ui import words
from ui.requests import request
from ui.state import CHUNK


def recorded(asked: Request) -> Trace | None:
    """The recorded trace that answers exactly this request, or None."""
    for name, prompt in words.PROMPTS.items():
        if prompt == asked.prompt and asked == request(asked.model, prompt, new_tokens=CHUNK):
            return _load(f"{name}.{asked.model}.npz")
    return None


@functools.cache
def _load(file: str) -> Trace | None:
    try:
        return Trace.load(ASSETS / "traces" / file)
    except TraceError:
        return None  # the live models answer instead
