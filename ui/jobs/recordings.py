"""The recordings under assets/traces: what a page shows before any model is loaded."""

import functools
import json
from typing import Any

from mla_core.experiments import Job, result_of
from mla_core.experiments.absorption import Absorb
from mla_core.experiments.cache_grows import Grow
from mla_core.experiments.deepseeks_scale import Assemble
from mla_core.experiments.every_head import Ablate
from mla_core.experiments.inside_one_head import Dissect
from mla_core.experiments.latent_compression import Compare, Inspect
from mla_core.experiments.position import Entangle, Move
from mla_core.experiments.sharing_heads import Overview, Survey
from mla_core.models.locate import ASSETS
from mla_core.records.record import RecordError
from mla_core.training.recipe import FURTHER
from mla_core.training.runs import read_runs
from ui import catalogue
from ui.jobs.requests import request
from ui.state.url import CHUNK

COMPRESSED = "mini-gpt2@64"  # what "Latent compression" opens on
# the heads that the flag opens on: the most informative ones of its recorded patterns
OPENING_HEADS = {"mini-gpt2": (3, 3), "mini-mla": (1, 4)}


def recordings() -> dict[Job[Any], str]:
    """Every job with a recording, and its file."""
    files: dict[Job[Any], str] = {
        request(model, prompt, new_tokens=CHUNK): f"{name}.{model}.npz"
        for name, prompt in catalogue.PROMPTS.items()
        for model in catalogue.MODELS
    }
    flag = catalogue.PROMPTS["flag"]
    files[Compare(COMPRESSED, flag)] = f"flag.{COMPRESSED}.npz"
    files[Inspect(COMPRESSED)] = f"{COMPRESSED}.npz"
    for model, head in OPENING_HEADS.items():
        files[Dissect(model, flag, *head)] = f"flag.{model}.inside.npz"
        files[Ablate(model, flag)] = f"flag.{model}.ablated.npz"
        files[Move(model, flag)] = f"flag.{model}.moved.npz"
        files[Grow(model, flag, CHUNK)] = f"flag.{model}.grown.npz"
    latent, head = "mini-mla", OPENING_HEADS["mini-mla"]
    files[Dissect(latent, flag, *head, absorbed=True)] = f"flag.{latent}.inside.absorbed.npz"
    for model in catalogue.FAMILY:
        files[Survey(model, flag)] = f"flag.{model}.overview.npz"
    files[Assemble()] = "pattern_wall.npz"
    files[Absorb(latent, flag, *head)] = f"flag.{latent}.absorbed.npz"
    files[Entangle(latent, flag, *head)] = f"flag.{latent}.entangled.npz"
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


def recorded_overview(model: str, prompt: str) -> Overview | None:
    """What a model that is not shipped made of a ready-made text; None for any other."""
    names = {text: name for name, text in catalogue.PROMPTS.items()}
    found = prompt in names and model in FURTHER
    loaded = _load(f"further/{names[prompt]}.{model}.npz", Overview) if found else None
    return loaded if isinstance(loaded, Overview) else None


def recorded(asked: Job[Any]) -> Any:
    """The recorded answer to exactly this job, or None."""
    file = recordings().get(asked)
    kind: Any = result_of(type(asked))
    return None if file is None else _load(file, kind)


@functools.cache
def _load(file: str, result: Any) -> Any:
    path = ASSETS / "traces" / file
    try:
        return result.load(path)
    except RecordError:
        return None  # the live models answer instead
