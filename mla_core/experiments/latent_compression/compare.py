"""A model before and after its conversion, on the same tokens: what moved, what changed."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from mla_core.models.locate import Conversion
from mla_core.records.trace import Trace

if TYPE_CHECKING:
    from mla_core.engine.engine import Engine

STEPS = 16  # ranks that `Descend` tries, from the full width down
MOVED = 0.1  # of its attention: then a head counts as having lost its place


def kl_divergence(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """(s,) nats of KL(before | after) between next-token distributions (s, w)."""
    ratio = np.log(np.maximum(before, 1e-30)) - np.log(np.maximum(after, 1e-30))
    return (before * ratio).sum(axis=-1)


def attention_moved(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """(l, h) how much of each head's attention lies elsewhere: total variation, mean over queries.

    The first query is left out: it can only look at itself.
    """
    return 0.5 * np.abs(before - after)[:, :, 1:].sum(axis=-1).mean(axis=-1)


@dataclass(frozen=True)
class Descent:
    """What fails first when the latent of a model shrinks, for one text.

    Attributes:
        head_rank, head, moved: the largest tried rank at which a head has lost its place, the head
            that moved most there, and by how much; None if none has at the smallest.
        token_rank, position, was, became: the largest tried rank at which the likeliest next token
            changed somewhere, the last such position, and how; None if it does at none.
        ranks: all that were tried, falling.
    """

    head_rank: int | None
    head: tuple[int, int] | None
    moved: float
    token_rank: int | None
    position: int | None
    was: int | None
    became: int | None
    ranks: tuple[int, ...]
    nbytes: int = 256


@dataclass(frozen=True)
class Descend:
    """Runs one text through conversions of falling rank."""

    model: str
    prompt: str
    method: str = "auto"
    layerwise: bool = False
    text: str = ""
    patient: ClassVar[bool] = True

    def compute(self, engine: "Engine") -> Descent:
        from mla_core.inference.tracing import trace

        original = engine.model(self.model)
        d = original.config.hidden_size
        names = ("pattern", "logits")
        whole = trace(original, self.prompt, record=names)
        choices = whole.logits.argmax(-1)
        head_rank = head = token_rank = position = became = None
        moved, tried = 0.0, []
        for step in range(STEPS):
            engine.give_way()
            rank = max(1, round(d * (1 - step / STEPS)))
            tried.append(rank)
            name = str(Conversion(self.model, rank, self.method, self.layerwise, self.text))
            cut: Trace = trace(engine.model(name), self.prompt, record=names)
            by_head = attention_moved(whole.pattern, cut.pattern)
            if head_rank is None and by_head.max() >= MOVED:
                layer, number = np.unravel_index(by_head.argmax(), by_head.shape)
                head_rank, head, moved = rank, (int(layer), int(number)), float(by_head.max())
            changed = np.flatnonzero(cut.logits.argmax(-1) != choices)
            if token_rank is None and len(changed):
                token_rank, position = rank, int(changed[-1])
                became = int(cut.logits[position].argmax())
            if head_rank is not None and token_rank is not None:
                break
        was = None if position is None else int(choices[position])
        return Descent(head_rank, head, moved, token_rank, position, was, became, tuple(tried))
