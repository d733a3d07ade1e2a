"""A `Trace`: everything that was recorded while one text went through one model.

Frozen, numpy, picklable, independent of torch: whoever computes returns one, whoever draws takes
one. `tracing.trace` makes them.
"""

import dataclasses
from dataclasses import dataclass
from io import BufferedIOBase
from pathlib import Path
from typing import Any

import numpy as np

from mla_core.models.config import ModelConfig
from mla_core.records import storage

# name -> axes, in the letters of `mla_core`; which of them a trace holds depends on what was asked
ARRAYS = {
    "logits": "s w",
    "pattern": "l h s t",
    "scores": "l h s t",  # scaled, before the causal mask
    "content_scores": "l h s t",  # MLA: q_nope . k_nope, scaled
    "rope_scores": "l h s t",  # MLA: q_rope . k_rope, scaled
    "q": "l h s k",
    "k": "l g t k",
    "v": "l g t v",
    "z": "l h s v",
    "c_kv": "l t c",  # MLA: the cached latent, after its norm; NaN where a layer's is narrower
    "k_rope": "l t r",  # MLA: the cached key with the position
}


@dataclass(frozen=True, eq=False)
class Trace:
    """One text through one model.

    Attributes:
        model: name of the model, e.g. "mini-mla".
        config: its configuration.
        engine: what ran it, e.g. "mla_core" or "TransformerBridge".
        device, dtype: where and in which precision.
        token_ids: (s,) ids, the beginning-of-text token first when there is one.
        tokens: the same as text.
        has_bos: whether token 0 was put before the text.
        prompt_length: how many of the tokens were given; the rest were generated.
        cache_nbytes: (s,) bytes in the live KV cache after each token, where one was measured.
        arrays: what was recorded, read-only float32, by the names in `ARRAYS`.
    """

    model: str
    config: ModelConfig
    engine: str
    device: str
    dtype: str
    token_ids: tuple[int, ...]
    tokens: tuple[str, ...]
    has_bos: bool
    prompt_length: int
    cache_nbytes: tuple[int, ...]
    arrays: dict[str, np.ndarray]

    def __post_init__(self) -> None:
        for array in self.arrays.values():
            array.flags.writeable = False

    def __getattr__(self, name: str) -> np.ndarray:
        if name in ARRAYS:
            if name in self.arrays:
                return self.arrays[name]
            raise AttributeError(f"this trace of {self.model} holds no {name}; ask for it: record=")
        raise AttributeError(name)

    @property
    def text(self) -> str:
        return "".join(self.tokens[self.has_bos :])

    @property
    def nbytes(self) -> int:
        """Bytes of everything that was recorded."""
        return sum(array.nbytes for array in self.arrays.values())

    def probabilities(self) -> np.ndarray:
        """(s, w) distribution of the token after each token, from the logits."""
        shifted = self.logits - self.logits.max(axis=-1, keepdims=True)
        odds = np.exp(shifted)
        return odds / odds.sum(axis=-1, keepdims=True)

    def save(self, path: str | Path | BufferedIOBase) -> None:
        """Writes one compressed .npz without pickles."""
        storage.write(path, self.about(), self.arrays)

    def about(self) -> dict[str, Any]:
        """Everything but the arrays, for JSON."""
        about = dataclasses.asdict(dataclasses.replace(self, arrays={}))
        del about["arrays"]
        return about

    @classmethod
    def of(cls, about: dict[str, Any], arrays: dict[str, np.ndarray]) -> "Trace":
        """The inverse of `about`, after a journey through JSON."""
        values = dict(about, config=ModelConfig.from_dict(about["config"]))
        for name in ("token_ids", "tokens", "cache_nbytes"):
            values[name] = tuple(values[name])
        known = {name: x.astype(np.float32) for name, x in arrays.items() if name in ARRAYS}
        return cls(**values, arrays=known)

    @classmethod
    def load(cls, path: str | Path) -> "Trace":
        """Reads what `save` wrote.

        Raises:
            TraceError: the file is missing, damaged, or no trace.
        """
        return storage.read(path, cls.of)
