"""How fast a decode step can be at best: the bytes it must read, the products it must form.

Nothing here was run: "Speed" shows what was.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from mla_core.arithmetic.architectures.architecture import Architecture
from mla_core.arithmetic.architectures.attention import Storage

GB, TB, TFLOP = 1e9, 1e12, 1e12


@dataclass(frozen=True)
class Gpu:
    """A GPU, or several that share the work evenly.

    Attributes:
        memory: bytes.
        bandwidth: bytes a second.
        flops: bfloat16 products, FLOP a second.
    """

    memory: float
    bandwidth: float
    flops: float
    source: str

    def times(self, count: int) -> "Gpu":
        """So many of them, each with its own sequences: no time for talking to each other."""
        return Gpu(count * self.memory, count * self.bandwidth, count * self.flops, self.source)


GPUS = {
    "H200": Gpu(141 * GB, 4.8 * TB, 989 * TFLOP, "NVIDIA H200 data sheet (dense bfloat16)"),
    "H200, as measured": Gpu(
        141 * GB, 4.19 * TB, 756 * TFLOP,
        "a copy and an 8192³ bfloat16 product on one H200, torch 2.11.0+cu130, 2026-11-22",
    ),
    "H100": Gpu(80 * GB, 3.35 * TB, 989 * TFLOP, "NVIDIA H100 SXM data sheet (dense bfloat16)"),
    "H800": Gpu(80 * GB, 3.35 * TB, 865 * TFLOP, "FlashMLA, docs/20250422-new-kernel-deep-dive.md"),
    "A100": Gpu(80 * GB, 2.039 * TB, 312 * TFLOP, "NVIDIA A100 80GB SXM data sheet"),
}  # fmt: skip


@dataclass(frozen=True)
class Share:
    """One part of a step: what it reads, what it computes; numbers, or arrays over contexts."""

    nbytes: Any
    flops: Any

    def seconds(self, gpu: Gpu) -> Any:
        """The longer of the two: reading and computing overlap."""
        return np.maximum(self.nbytes / gpu.bandwidth, self.flops / gpu.flops)

    def binds(self, gpu: Gpu) -> Any:
        """Where memory is the longer."""
        return np.greater_equal(self.nbytes / gpu.bandwidth, self.flops / gpu.flops)


def attention_share(model: Architecture, storage: Storage, batch: int, t: Any) -> Share:
    """A decode step's attention cores, all layers: one new token for each of `batch` sequences.

    Args:
        t: tokens in the cache, a number or an array.
    """
    read, flops = model.read(storage).value(t=t), model.flops().value(t=t)
    return Share(batch * read, batch * flops)


def weights_share(model: Architecture, weight_bytes: float, batch: int) -> Share | None:
    """Everything else: each weight that is used is read once and makes two FLOPs a token.

    None where the model's parameters are not known.
    """
    read = model.read_parameters(batch)
    if read is None:
        return None
    used = model.parameters if model.active is None else model.active
    return Share(read * weight_bytes, 2 * float(used or 0) * batch)


def step_seconds(
    model: Architecture, storage: Storage, gpu: Gpu, t: Any, *, batch: int = 1,
    weight_bytes: float | None = None,
) -> Any:  # fmt: skip
    """Of one decode step: the attention, and the weights where `weight_bytes` is given."""
    seconds = attention_share(model, storage, batch, t).seconds(gpu)
    if weight_bytes is not None:
        weights = weights_share(model, weight_bytes, batch)
        seconds = seconds + (0.0 if weights is None else weights.seconds(gpu))
    return seconds


def sequences_that_fit(
    model: Architecture, storage: Storage, gpu: Gpu, t: int, weight_bytes: float
) -> int:
    """Beside the weights; -1 where not even they fit. A model of unknown size weighs nothing."""
    room = gpu.memory - weight_bytes * (model.parameters or 0)
    if room < 0:
        return -1
    return int(room // model.cache(storage).value(t=t))
