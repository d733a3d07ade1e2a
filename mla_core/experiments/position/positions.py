"""Where the order of words comes in: move a text, take its positions away, put them elsewhere.

The dataclasses are free of torch, like `Trace`; computing them is not.
"""

from dataclasses import dataclass
from io import BufferedIOBase
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mla_core.records import storage
from mla_core.records.trace import Trace

if TYPE_CHECKING:
    from torch import Tensor

    from mla_core.engine.engine import Engine

SHIFTS = (0, 1, 2, 3, 5, 10, 20, 50, 100, 200, 300, 400)
LISTED = 8
MOVED = ("scores", "scores_off", "next_ids", "next", "next_off")
SCORES_BYTES = 128 * 2**20  # of all heads at all shifts; a large model is moved by fewer
FEWEST = 3  # shifts, whatever they take
DISTANCES = (0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89)


@dataclass(frozen=True, eq=False)
class Moved:
    """One text at other positions, and at none.

    Attributes:
        trace: of the text where it belongs: `pattern`, and for MLA `content_scores`,
            `rope_scores` and `k_rope`; through our own code.
        shifts: by how many positions it was moved; the first is 0.
        scores: (n, l, h, s, t) scaled scores at each shift, before the mask.
        scores_off: (l, h, s, t) with every token at the same position: no rotation, or for GPT-2
            no position vectors.
        next_ids: (m,) every token that is among the `LISTED` likeliest next ones somewhere here.
        next, next_off: (n, m) and (m,) their probabilities.
    """

    trace: Trace
    shifts: tuple[int, ...]
    scores: np.ndarray
    scores_off: np.ndarray
    next_ids: np.ndarray
    next: np.ndarray
    next_off: np.ndarray

    @property
    def nbytes(self) -> int:
        return self.trace.nbytes + sum(array.nbytes for array in self._own().values())

    def _own(self) -> dict[str, np.ndarray]:
        return {f"moved_{name}": getattr(self, name) for name in MOVED}

    def save(self, path: str | Path | BufferedIOBase) -> None:
        about = {"trace": self.trace.about(), "shifts": self.shifts}
        storage.write(path, about, self.trace.arrays | self._own())

    @classmethod
    def load(cls, path: str | Path) -> "Moved":
        """Reads what `save` wrote.

        Raises:
            TraceError: the file is missing, damaged, or something else.
        """

        def make(about: dict[str, Any], arrays: dict[str, np.ndarray]) -> Moved:
            own = {name: arrays[f"moved_{name}"] for name in MOVED}
            return cls(Trace.of(about["trace"], arrays), tuple(about["shifts"]), **own)

        return storage.read(path, make)


@dataclass(frozen=True)
class Move:
    """Runs a text at `SHIFTS` positions further on, as far as context and memory go, and at none."""

    model: str
    prompt: str
    patient: ClassVar[bool] = False

    def compute(self, engine: "Engine") -> Moved:
        import torch
        from torch.func import functional_call

        from mla_core.attention.recorder import Recorder
        from mla_core.inference.tracing import encode_prompt, trace_ids

        model = engine.model(self.model)
        ids = encode_prompt(model, self.prompt, bos=True)
        room = model.config.max_position_embeddings - len(ids)
        heads = model.config.num_hidden_layers * model.config.num_attention_heads
        many = max(FEWEST, SCORES_BYTES // (4 * heads * len(ids) ** 2))
        shifts = tuple(shift for shift in SHIFTS if shift <= room)[:many]
        tokens = torch.tensor([ids], device=model.device)

        def run(shift: int | None) -> tuple[np.ndarray, np.ndarray]:
            recorder = Recorder(["scores"])
            table = model.without_positions() if shift is None else model.positions_moved(shift)
            with torch.inference_mode():
                logits = functional_call(model, table, (tokens,), {"record": recorder})[0, -1]
            scores = torch.cat(recorder.layers["scores"])
            return scores.float().cpu().numpy(), logits.float().softmax(-1).cpu().numpy()

        scores, following = zip(*(run(shift) for shift in (*shifts, None)), strict=True)
        listed = np.unique(np.argsort(-np.stack(following), axis=1)[:, :LISTED])
        chances = np.stack(following)[:, listed]
        names = ("pattern", "content_scores", "rope_scores", "k_rope")
        return Moved(
            trace=trace_ids(
                model, ids, has_bos=model.config.bos_token_id is not None, record=names
            ),
            shifts=shifts,
            scores=np.stack(scores[:-1]),
            scores_off=scores[-1],
            next_ids=listed,
            next=chances[:-1],
            next_off=chances[-1],
        )


@dataclass(frozen=True, eq=False)
class Entangled:
    """What absorbing would meet if RoPE turned the whole key of a head.

    Attributes:
        distances: from the query to a key.
        queries: (n, c) the absorbed query W_UK^T R q at each distance: what the query would have
            to be multiplied with the latent of a key so far away.
        scores: (t,) of the last query with each key, keys rebuilt and then rotated; unscaled.
        absorbed_each: (t,) the same with an absorbed query for each distance.
        absorbed_one: (t,) the same with the one absorbed query of distance 0.
    """

    distances: tuple[int, ...]
    queries: np.ndarray
    scores: np.ndarray
    absorbed_each: np.ndarray
    absorbed_one: np.ndarray

    @property
    def nbytes(self) -> int:
        return sum(getattr(self, name).nbytes for name in ENTANGLED)

    def save(self, path: str | Path | BufferedIOBase) -> None:
        about = {"distances": self.distances}
        storage.write(path, about, {name: getattr(self, name) for name in ENTANGLED})

    @classmethod
    def load(cls, path: str | Path) -> "Entangled":
        """Reads what `save` wrote.

        Raises:
            TraceError: the file is missing, damaged, or something else.
        """

        def make(about: dict[str, Any], arrays: dict[str, np.ndarray]) -> Entangled:
            return cls(tuple(about["distances"]), **arrays)

        return storage.read(path, make)


ENTANGLED = ("queries", "scores", "absorbed_each", "absorbed_one")


@dataclass(frozen=True)
class Entangle:
    """Turns the content keys of a head by RoPE, which its model does not do, and tries to absorb.

    Query, latents and W_UK are the model's own, in float64; the angles are those that RoPE has at
    this width with the model's own base (10,000 where it has none).
    """

    model: str
    prompt: str
    layer: int
    head: int
    patient: ClassVar[bool] = False

    def compute(self, engine: "Engine") -> Entangled:
        import torch

        from mla_core.attention.rope import rotary_table, rotate
        from mla_core.attention.rope_config import RopeConfig
        from mla_core.experiments.inside_one_head.anatomy import Dissect

        anatomy = engine.answer(Dissect(self.model, self.prompt, self.layer, self.head))
        parts = {name: torch.from_numpy(m.values) for name, m in anatomy.matrices.items()}
        content = "q_nope" if "q_nope" in parts else "q"  # a converted GPT-2's keys are all content
        query, w_uk, c_kv = parts[content][-1], parts["W_UK"].T, parts["c_kv"]
        rope = anatomy.trace.config.rope or RopeConfig()
        t, n = len(c_kv), len(query)
        cos, sin = (x.double() for x in rotary_table(max(t, max(DISTANCES) + 1), n, rope))

        def turned(x: "Tensor", positions: list[int]) -> "Tensor":
            return rotate(x, cos[positions], sin[positions], interleaved=False)

        def absorbed(distances: list[int]) -> "Tensor":
            # (R_i q) . (R_j k) = (R_{i-j} q) . k
            return turned(query.expand(len(distances), -1), distances) @ w_uk

        here = list(range(t))
        keys = turned(c_kv @ w_uk.T, here)
        away = [t - 1 - j for j in here]
        return Entangled(
            distances=DISTANCES,
            queries=absorbed(list(DISTANCES)).numpy(),
            scores=(keys @ turned(query[None], [t - 1])[0]).numpy(),
            absorbed_each=(absorbed(away) * c_kv).sum(-1).numpy(),
            absorbed_one=(c_kv @ absorbed([0])[0]).numpy(),
        )
