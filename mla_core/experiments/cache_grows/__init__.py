"""The cache grows: what every step computes, reads, writes and takes, with a cache and without."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mla_core.experiments import Job
from mla_core.records.record import Record
from mla_core.records.trace import Trace

# of each step: tokens known after it; multiply-adds and seconds with and without a cache; bytes
# that it wrote to the cache and read from it, and that the cache holds after it
STEPS = ("tokens", "macs", "macs_full", "seconds", "seconds_full", "written", "read", "held")
STORAGES = ("fp32", "bf16", "fp8")  # types that a live cache can be kept in


@dataclass(frozen=True, eq=False)
class Growth(Record):
    """One text, continued token by token; step 0 is the prefill, each later one a token.

    Attributes:
        trace: of the whole text, row by row as the steps made it: `pattern`, `q`, and what lay in
            the cache at the end, as it was stored: `k` and `v`, or `c_kv` and `k_rope`.
        storage: how the cache was kept, one of `STORAGES`.
        steps: (n,) for each name in `STEPS`.
        x: (l, s, d) attention's normalised input.
        next_ids, next: (n, m) the likeliest next tokens after each step, the first one first.
        forgotten: (f,) how many of the oldest tokens were dropped from the cache of the prompt
            before its last token was run.
        forgotten_ids, forgotten_next: (f, m) what came next then.
    """

    trace: Trace
    storage: str
    steps: Mapping[str, np.ndarray]
    x: np.ndarray
    next_ids: np.ndarray
    next: np.ndarray
    forgotten: np.ndarray
    forgotten_ids: np.ndarray
    forgotten_next: np.ndarray

    def law(self) -> tuple[tuple[int, int], tuple[int, int]] | None:
        """Multiply-adds of one step as the counts give them: ((a, b), (c, e)), or None.

        With a cache a step at t tokens takes a + b t; without one c t + e t^2. Two counted steps
        give both exactly, and every further one must lie on them; without two there is no law.
        """
        tokens, macs, full = (self.steps[name].tolist() for name in ("tokens", "macs", "macs_full"))
        if len(tokens) < 3:
            return None
        (t, u), (p, q), (f, g) = tokens[-2:], macs[-2:], full[-2:]
        slope = (q - p) // (u - t)
        bend = (g * t - f * u) // (t * u * (u - t))
        return (p - slope * t, slope), (f // t - bend * t, bend)


@dataclass(frozen=True)
class Grow(Job[Growth]):
    """Continues a text by some tokens, with and without a cache.

    Attributes:
        model, prompt, new_tokens, temperature, seed: see `Request`.
        top_k: choose among the k likeliest only.
        storage: how the cache is kept, one of `STORAGES`.
    """

    model: str
    prompt: str
    new_tokens: int = 0
    temperature: float = 0.0
    top_k: int | None = None
    seed: int = 0
    storage: str = "fp32"
    patient: ClassVar[bool] = True


@dataclass(frozen=True, eq=False)
class Kept(Record):
    """A cache file, and how many tokens it holds."""

    data: bytes
    tokens: int


@dataclass(frozen=True)
class Keep(Job[Kept]):
    """Saves the cache of a growing text as it is after `tokens` tokens."""

    grow: Grow
    tokens: int


@dataclass(frozen=True, eq=False)
class Resumed(Record):
    """What became of a reloaded cache.

    Attributes:
        tokens: how many it holds; `text` they are, `continued` is what came after them.
        cache_nbytes: bytes it holds.
        seconds, seconds_prefill: to reload it, and to compute the same text again.
        difference: largest difference of the next token's logits to those of that computation.
    """

    text: str
    continued: str
    tokens: int
    cache_nbytes: int
    seconds: float
    seconds_prefill: float
    difference: float


@dataclass(frozen=True)
class Resume(Job[Resumed]):
    """Reloads a cache file and goes on from it."""

    model: str
    data: bytes
