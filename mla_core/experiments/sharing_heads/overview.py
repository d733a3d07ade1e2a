"""What a model makes of a text at first sight: all patterns, and what comes next."""

from dataclasses import dataclass
from io import BufferedIOBase
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mla_core.records import storage
from mla_core.records.trace import Trace

if TYPE_CHECKING:
    from mla_core.engine.engine import Engine

LISTED = 6
OWN = ("next_ids", "next")


@dataclass(frozen=True, eq=False)
class Glanced:
    """One text through one model.

    Attributes:
        trace: with `pattern`.
        next_ids, next: (m,) the likeliest next tokens, the first one first.
    """

    trace: Trace
    next_ids: np.ndarray
    next: np.ndarray

    @property
    def nbytes(self) -> int:
        return self.trace.nbytes

    def save(self, path: str | Path | BufferedIOBase) -> None:
        """Writes one compressed .npz without pickles."""
        own = {f"own_{name}": getattr(self, name) for name in OWN}
        storage.write(path, {"trace": self.trace.about()}, self.trace.arrays | own)

    @classmethod
    def load(cls, path: str | Path) -> "Glanced":
        """Reads what `save` wrote.

        Raises:
            TraceError: the file is missing, damaged, or something else.
        """

        def make(about: dict[str, Any], arrays: dict[str, np.ndarray]) -> Glanced:
            own = {name: arrays[f"own_{name}"] for name in OWN}
            return cls(Trace.of(about["trace"], arrays), **own)

        return storage.read(path, make)


@dataclass(frozen=True)
class Glance:
    """Runs a text once."""

    model: str
    prompt: str
    patient: ClassVar[bool] = False

    def compute(self, engine: "Engine") -> Glanced:
        from mla_core.inference.tracing import trace

        seen = trace(engine.model(self.model), self.prompt, record=("logits", "pattern"))
        chances = seen.probabilities()[-1]
        best = np.argsort(-chances)[:LISTED]
        del seen.arrays["logits"]
        return Glanced(seen, best, chances[best])
