"""One head taken apart: every matrix between the residual stream and itself, and how each follows.

The residual stream comes from the model's own run; from there the layer is computed once more in
float64, so that a number and the sum of its parts agree in every digit that a page prints. The
dataclasses are free of torch, like `Trace`; `dissection` computes them.
"""

import dataclasses
from dataclasses import dataclass
from io import BufferedIOBase
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from mla_core.records import storage
from mla_core.records.trace import Trace

if TYPE_CHECKING:
    from mla_core.engine.engine import Engine

How = Literal[
    "given",  # a weight, times factor, or what came before this layer
    "product",  # of[0] @ of[1], plus the row of[2] where there is a bias
    "meeting",  # of[0] @ of[1]^T: each query with each key
    "sum",  # of all of them
    "masked",  # of[0] * factor, future keys left out
    "softmax",  # of[0], row by row
    "layernorm",  # of[0] with the gain of[1] and the bias of[2]; factor is epsilon
    "rmsnorm",  # of[0] with the gain of[1]; factor is epsilon
    "rotated",  # of[0] by the cosines of[1] and sines of[2], pair by pair (RoPE)
    "beside",  # of[0] are the columns from `offset` on; the others come from the other heads
]


@dataclass(frozen=True)
class Matrix:
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
class Anatomy:
    """One head of one layer on one text.

    Attributes:
        trace: whose text it is; holds no arrays.
        layer, head: which.
        matrices: float64, in the order of the computation. Which there are depends on the
            attention: MHA, GQA and MQA have `W_K` and `W_V`, MLA has `W_DKV`, `c_kv`, `W_UK`, ...
        difference: largest, over this head, between `pattern` and the model's own run.
    """

    trace: Trace
    layer: int
    head: int
    matrices: dict[str, Matrix]
    difference: float

    @property
    def nbytes(self) -> int:
        return sum(matrix.values.nbytes for matrix in self.matrices.values())

    def save(self, path: str | Path | BufferedIOBase) -> None:
        """Writes one compressed .npz without pickles; numbers that fit a smaller type use it."""
        rules = {}
        for name, matrix in self.matrices.items():
            rules[name] = dataclasses.asdict(dataclasses.replace(matrix, values=np.empty(0)))
            del rules[name]["values"]
        about = {
            "trace": self.trace.about(), "layer": self.layer, "head": self.head,
            "difference": self.difference, "rules": rules,
        }  # fmt: skip
        storage.write(path, about, {n: _smallest(m.values) for n, m in self.matrices.items()})

    @classmethod
    def load(cls, path: str | Path) -> "Anatomy":
        """Reads what `save` wrote.

        Raises:
            TraceError: the file is missing, damaged, or something else.
        """

        def make(about: dict[str, Any], arrays: dict[str, np.ndarray]) -> Anatomy:
            matrices = {}
            for name, rule in about["rules"].items():
                rule.update(axes=tuple(rule["axes"]), of=tuple(rule["of"]))
                matrices[name] = Matrix(arrays[name].astype(np.float64), **rule)
            trace = Trace.of(about["trace"], {})
            return cls(trace, about["layer"], about["head"], matrices, about["difference"])

        return storage.read(path, make)


def _smallest(values: np.ndarray) -> np.ndarray:
    """The same numbers in the smallest type that holds them all exactly."""
    for dtype in (np.float16, np.float32):
        with np.errstate(over="ignore"):
            smaller = values.astype(dtype)
        if np.array_equal(smaller, values, equal_nan=True):
            return smaller
    return values


@dataclass(frozen=True)
class Dissect:
    """Takes a head apart."""

    model: str
    prompt: str
    layer: int
    head: int
    patient: ClassVar[bool] = False

    def compute(self, engine: "Engine") -> Anatomy:
        from mla_core.experiments.inside_one_head.compute import dissect

        return dissect(engine.model(self.model), self.prompt, self.layer, self.head)
