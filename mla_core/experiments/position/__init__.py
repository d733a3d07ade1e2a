"""Position: where the order of words comes in. A text is moved, loses its positions, gets others."""

from dataclasses import dataclass

import numpy as np

from mla_core.experiments import Job
from mla_core.records.record import Record
from mla_core.records.trace import Trace

SHIFTS = (0, 1, 2, 3, 5, 10, 20, 50, 100, 200, 300, 400)
LISTED = 8
DISTANCES = (0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89)


@dataclass(frozen=True, eq=False)
class Moved(Record):
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


@dataclass(frozen=True)
class Move(Job[Moved]):
    """Runs a text at `SHIFTS` positions further on, as far as context and memory go, and at none."""

    model: str
    prompt: str


@dataclass(frozen=True, eq=False)
class Entangled(Record):
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


@dataclass(frozen=True)
class Entangle(Job[Entangled]):
    """Turns the content keys of a head by RoPE, which its model does not do, and tries to absorb.

    Query, latents and W_UK are the model's own, in float64; the angles are those that RoPE has at
    this width with the model's own base (10,000 where it has none).
    """

    model: str
    prompt: str
    layer: int
    head: int
