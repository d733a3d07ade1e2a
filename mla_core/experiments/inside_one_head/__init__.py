"""Inside one head: every matrix between the residual stream and itself, and how each follows.

The residual stream comes from the model's own run; from there the layer is computed once more in
float64, so that a number and the sum of its parts agree in every digit that a page prints.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mla_core.experiments import Job
from mla_core.records.record import Record
from mla_core.records.trace import Trace

How = Literal[
    "given",  # a weight, times factor, or what came before this layer
    "product",  # of[0] @ of[1], plus the row of[2] where there is a bias
    "meeting",  # of[0] @ of[1]^T: each row with each row, as a query with a key
    "sum",  # of all of them
    "masked",  # of[0] * factor, future keys left out
    "softmax",  # of[0], row by row
    "layernorm",  # of[0] with the gain of[1] and the bias of[2]; factor is epsilon
    "rmsnorm",  # of[0] with the gain of[1]; factor is epsilon
    "rotated",  # of[0] by the cosines of[1] and sines of[2], pair by pair (RoPE)
    "beside",  # of[0] are the columns from `offset` on; the others come from the other heads
]


@dataclass(frozen=True, eq=False)
class Matrix(Record):
    """A step of the computation.

    Attributes:
        values: (rows, columns); NaN where a key lies in the future.
        axes: what rows and columns are, in the letters of `mla_core`; "" for a single row.
        how, of: how it follows, and from which matrices, by name.
        factor, offset: see `How`.
        interleaved: of a rotation: whether neighbours are paired, or halves.
    """

    values: np.ndarray
    axes: tuple[str, str]
    how: How = "given"
    of: tuple[str, ...] = ()
    factor: float = 1.0
    offset: int = 0
    interleaved: bool = False


@dataclass(frozen=True, eq=False)
class Anatomy(Record):
    """One head of one layer on one text.

    Attributes:
        trace: whose text it is; holds no arrays.
        layer, head: which.
        matrices: float64, in the order of the computation. Which there are depends on the
            attention: MHA, GQA and MQA have `W_K` and `W_V`, MLA has `W_DKV`, `c_kv`, `W_UK`, ...
            and on the absorbed path `q_latent` and `z_latent` in place of keys and values.
        difference: largest, over this head, between `pattern` and the model's own run.
    """

    trace: Trace
    layer: int
    head: int
    matrices: Mapping[str, Matrix]
    difference: float


@dataclass(frozen=True)
class Dissect(Job[Anatomy]):
    """Takes a head apart.

    Attributes:
        absorbed: of a latent, by the path that never rebuilds a key; without a latent it means
            nothing.
    """

    model: str
    prompt: str
    layer: int
    head: int
    absorbed: bool = False
