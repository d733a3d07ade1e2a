"""The recordings under assets/traces: what a page shows before any model is loaded."""

import functools
from typing import Any

from mla_core.compression import Compression, Inspect
from mla_core.engine import Job, Request
from mla_core.models.locate import ASSETS
from mla_core.storage import TraceError
from mla_core.traces import Trace
from ui import words
from ui.requests import request
from ui.state import CHUNK

COMPRESSED = "mini-gpt2@64"  # what "Latent compression" opens on


def along(model: str, prompt: str) -> Request:
    """A conversion of a model on the reader's text alone, with its latent."""
    return Request(model, prompt, record=("logits", "pattern", "c_kv"))


def recordings() -> dict[Job[Any], str]:
    """Every job with a recording, and its file."""
    files: dict[Job[Any], str] = {
        request(model, prompt, new_tokens=CHUNK): f"{name}.{model}.npz"
        for name, prompt in words.PROMPTS.items()
        for model in words.MODELS
    }
    files[along(COMPRESSED, words.PROMPTS["flag"])] = f"flag.{COMPRESSED}.npz"
    files[Inspect(COMPRESSED)] = f"{COMPRESSED}.npz"
    return files


def recorded(asked: Job[Any]) -> Trace | Compression | None:
    """The recorded answer to exactly this job, or None."""
    file = recordings().get(asked)
    return None if file is None else _load(file, isinstance(asked, Inspect))


@functools.cache
def _load(file: str, compression: bool) -> Trace | Compression | None:
    path = ASSETS / "traces" / file
    try:
        return Compression.load(path) if compression else Trace.load(path)
    except TraceError:
        return None  # the live models answer instead
