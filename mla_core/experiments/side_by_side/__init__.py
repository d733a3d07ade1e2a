"""Side by side: one text through one model, and on from there."""

from dataclasses import dataclass

from mla_core.experiments import Job
from mla_core.records.trace import Trace


@dataclass(frozen=True)
class Request(Job[Trace]):
    """One text through one model, continued by some tokens.

    Attributes:
        model: an embedded model, a directory, or a `Conversion` of one as a name.
        prompt: any text.
        new_tokens: how many to generate after it.
        temperature, seed: of the generation (see `Decoder.step`).
        follow: generate with this model instead and let `model` read along.
        record: arrays to keep (see `records.trace.ARRAYS`).
        through_baseline: run the final pass through TransformerLens (GPT-2 only).
    """

    model: str
    prompt: str
    new_tokens: int = 0
    temperature: float = 0.0
    seed: int = 0
    follow: str | None = None
    record: tuple[str, ...] = ("next_ids", "next", "pattern")
    through_baseline: bool = False
