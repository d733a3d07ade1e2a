"""The recordings under assets/traces: what a page shows before any model is loaded."""

import functools
import json
from typing import Any

from mla_core.engine.engine import Job, Request
from mla_core.experiments.absorption.paths import Absorb, Paths
from mla_core.experiments.cache_grows.growth import Grow, Growth
from mla_core.experiments.deepseeks_scale.pattern_wall import Assemble, Crowd
from mla_core.experiments.inside_one_head.anatomy import Anatomy, Dissect
from mla_core.experiments.latent_compression.compression import Compression, Inspect
from mla_core.experiments.position.positions import Entangle, Entangled, Move, Moved
from mla_core.experiments.sharing_heads.overview import Glance, Glanced
from mla_core.models.locate import ASSETS
from mla_core.records.storage import TraceError
from mla_core.records.trace import Trace
from mla_core.training.recipe import FURTHER
from mla_core.training.runs import read_runs
from ui import catalogue
from ui.jobs.requests import request
from ui.state.url import CHUNK

COMPRESSED = "mini-gpt2@64"  # what "Latent compression" opens on
# the heads that the flag opens on: the most informative ones of its recorded patterns
OPENING_HEADS = {"mini-gpt2": (3, 3), "mini-mla": (1, 4)}
RESULTS: dict[type, Any] = {
    Request: Trace, Inspect: Compression, Dissect: Anatomy, Absorb: Paths, Move: Moved,
    Entangle: Entangled, Grow: Growth, Glance: Glanced, Assemble: Crowd,
}  # fmt: skip


def latent_request(model: str, prompt: str) -> Request:
    """A conversion of a model on the reader's text alone, with its latent."""
    return Request(model, prompt, record=("logits", "pattern", "c_kv"))


def recordings() -> dict[Job[Any], str]:
    """Every job with a recording, and its file."""
    files: dict[Job[Any], str] = {
        request(model, prompt, new_tokens=CHUNK): f"{name}.{model}.npz"
        for name, prompt in catalogue.PROMPTS.items()
        for model in catalogue.MODELS
    }
    flag = catalogue.PROMPTS["flag"]
    files[latent_request(COMPRESSED, flag)] = f"flag.{COMPRESSED}.npz"
    files[Inspect(COMPRESSED)] = f"{COMPRESSED}.npz"
    for model, head in OPENING_HEADS.items():
        files[Dissect(model, flag, *head)] = f"flag.{model}.inside.npz"
        files[Move(model, flag)] = f"flag.{model}.moved.npz"
        files[Grow(model, flag, CHUNK)] = f"flag.{model}.grown.npz"
    for model in catalogue.FAMILY:
        files[Glance(model, flag)] = f"flag.{model}.glance.npz"
    files[Assemble()] = "crowd.npz"
    files[Absorb("mini-mla", flag, *OPENING_HEADS["mini-mla"])] = "flag.mini-mla.absorbed.npz"
    files[Entangle("mini-mla", flag, *OPENING_HEADS["mini-mla"])] = "flag.mini-mla.entangled.npz"
    return files


@functools.cache
def recorded_bench(name: str) -> dict[str, Any]:
    """A file of assets/bench; its own `command` made it."""
    text = (ASSETS / "bench" / f"{name}.json").read_text(encoding="utf-8")
    bench: dict[str, Any] = json.loads(text)
    return bench


@functools.cache
def recorded_runs() -> list[dict[str, Any]]:
    """assets/bench/sharing.jsonl: made by `python -m mla_core.training repeat`."""
    return read_runs(ASSETS / "bench" / "sharing.jsonl")


def recorded_overview(model: str, prompt: str) -> Glanced | None:
    """What a model that is not shipped made of a ready-made text; None for any other."""
    names = {text: name for name, text in catalogue.PROMPTS.items()}
    found = prompt in names and model in FURTHER
    loaded = _load(f"further/{names[prompt]}.{model}.npz", Glanced) if found else None
    return loaded if isinstance(loaded, Glanced) else None


def recorded(asked: Job[Any]) -> Any:
    """The recorded answer to exactly this job, or None."""
    file = recordings().get(asked)
    return None if file is None else _load(file, RESULTS[type(asked)])


@functools.cache
def _load(file: str, result: Any) -> Any:
    path = ASSETS / "traces" / file
    try:
        return result.load(path)
    except TraceError:
        return None  # the live models answer instead
