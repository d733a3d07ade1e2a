"""Generation with and without a cache: what every step computes, reads, writes and takes.

The dataclasses are free of torch, like `Trace`; computing them is not (`growing`).
"""

from dataclasses import dataclass
from io import BufferedIOBase
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mla_core.records import storage
from mla_core.records.trace import Trace

if TYPE_CHECKING:
    from mla_core.engine.engine import Engine

# of each step: tokens known after it; multiply-adds and seconds with and without a cache; bytes
# that it wrote to the cache and read from it, and that the cache holds after it
STEPS = ("tokens", "macs", "macs_full", "seconds", "seconds_full", "written", "read", "held")
OWN = ("x", "next_ids", "next", "forgotten", "forgotten_ids", "forgotten_next")
STORAGES = ("fp32", "bf16", "fp8")  # types that a live cache can be kept in


@dataclass(frozen=True, eq=False)
class Growth:
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
    steps: dict[str, np.ndarray]
    x: np.ndarray
    next_ids: np.ndarray
    next: np.ndarray
    forgotten: np.ndarray
    forgotten_ids: np.ndarray
    forgotten_next: np.ndarray

    @property
    def nbytes(self) -> int:
        return self.trace.nbytes + sum(getattr(self, name).nbytes for name in OWN)

    def save(self, path: str | Path | BufferedIOBase) -> None:
        """Writes one compressed .npz without pickles."""
        arrays = self.trace.arrays | {f"own_{name}": getattr(self, name) for name in OWN}
        arrays |= {f"step_{name}": self.steps[name] for name in STEPS}
        storage.write(path, {"trace": self.trace.about(), "storage": self.storage}, arrays)

    @classmethod
    def load(cls, path: str | Path) -> "Growth":
        """Reads what `save` wrote.

        Raises:
            TraceError: the file is missing, damaged, or something else.
        """

        def make(about: dict[str, Any], arrays: dict[str, np.ndarray]) -> Growth:
            steps = {name: arrays[f"step_{name}"] for name in STEPS}
            own = {name: arrays[f"own_{name}"] for name in OWN}
            return cls(Trace.of(about["trace"], arrays), about["storage"], steps, **own)

        return storage.read(path, make)

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
class Grow:
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

    def compute(self, engine: "Engine") -> Growth:
        from mla_core.experiments.cache_grows.compute import grow

        return grow(engine.model(self.model), self, engine.give_way)
