"""A `Trace`: everything that was recorded while one text went through one model.

Frozen, numpy, picklable, independent of torch: whoever computes returns one, whoever draws takes
one. `inference.tracing.trace` makes them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mla_core.models.config import ModelConfig
from mla_core.records.record import Record

# name -> axes, in the letters of `mla_core`; which of them a trace holds depends on what was asked
ARRAYS = {
    "logits": "s w",
    "next_ids": "s m",  # the likeliest tokens after each token, the first one first
    "next": "s m",  # their probabilities
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
LIKELIEST = 8  # tokens in `next`: all logits of a text are 28 MB for GPT-2


@dataclass(frozen=True, eq=False)
class Trace(Record):
    """One text through one model.

    Attributes:
        model: name of the model, e.g. "mini-mla".
        config: its configuration.
        engine: what ran it, e.g. "mla_core" or "TransformerBridge".
        device, dtype: where and in which precision.
        token_ids: (s,) ids, the beginning-of-text token first when there is one.
        tokens: the same as text; joined they are the whole text, so that a character of several
            tokens stands in the last of them and the others are empty.
        has_bos: whether token 0 was put before the text.
        prompt_length: how many of the tokens were given; the rest were generated.
        cache_nbytes: (s,) bytes in the live KV cache after each token, where one was measured.
        arrays: what was recorded, by the names in `ARRAYS`; float32 but for `next_ids`.
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
    arrays: Mapping[str, np.ndarray]

    def __getattr__(self, name: str) -> np.ndarray:
        if name in ARRAYS:
            if name in self.arrays:
                return self.arrays[name]
            raise AttributeError(f"this trace of {self.model} holds no {name}; ask for it: record=")
        raise AttributeError(name)

    @property
    def text(self) -> str:
        return "".join(self.tokens[self.has_bos :])

    def probabilities(self) -> np.ndarray:
        """(s, w) distribution of the token after each token, from the logits."""
        return softmax(self.logits)


def softmax(logits: np.ndarray) -> np.ndarray:
    """Shares of the last axis."""
    odds: np.ndarray = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return odds / odds.sum(axis=-1, keepdims=True)


def likeliest(logits: np.ndarray, count: int = LIKELIEST) -> tuple[np.ndarray, np.ndarray]:
    """(..., m) ids and probabilities of the likeliest tokens of logits (..., w), best first."""
    count = min(count, logits.shape[-1])
    chances = softmax(logits)
    top = np.argpartition(-chances, count - 1, axis=-1)[..., :count]
    order = np.argsort(-np.take_along_axis(chances, top, axis=-1), axis=-1, kind="stable")
    top = np.take_along_axis(top, order, axis=-1)
    return top.astype(np.int32), np.take_along_axis(chances, top, axis=-1)
