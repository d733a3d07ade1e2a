"""Absorption: the two ways of one MLA layer through one decode step, with their algebra checked."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mla_core.arithmetic.accounting import LatentShape
from mla_core.experiments import Job
from mla_core.records.record import Record
from mla_core.records.trace import Trace

ARRAYS = (
    "q_nope", "q_latent", "c_kv", "k_nope", "content_naive", "content_absorbed", "pattern",
    "z_latent", "z_naive", "z_absorbed", "out_naive", "out_absorbed", "out_merged",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Paths(Record):
    """The last token of a text, decoded over the cache of those before it.

    Attributes:
        trace: whose text it is; holds no arrays.
        layer, head: which head the arrays are of.
        arrays: in the model's own precision, by the names in `ARRAYS`: the head's query q_nope
            (n,); the same in the latent, W_UK^T q (c,); the cache c_kv (t, c) and the keys k_nope
            (t, n) that the naive path rebuilds; the scaled content scores of both paths (t,); the
            pattern (t,); sum of A c (c,); the head's output z of both paths (v,) and what W_O
            makes of it (d,); the same from W_O W_UV multiplied beforehand.
        counts: "macs_naive" and "macs_absorbed", multiply-adds in this layer as torch counted
            them; "cache_values", numbers read from the cache; "rebuilt_values", numbers of keys and
            values that the naive path rebuilt.
        differences: "layer_difference" and "logit_difference", the largest between the paths in
            this layer's output and in the logits of the whole model; "largest_output" and
            "largest_logit", the largest numbers there.
    """

    trace: Trace
    layer: int
    head: int
    arrays: Mapping[str, np.ndarray]
    counts: Mapping[str, int]
    differences: Mapping[str, float]

    @property
    def shape(self) -> LatentShape:
        config = self.trace.config
        if config.model_type == "mla_gpt2":  # keys and values as wide as they were, no rope part
            n = v = config.head_dim
        else:
            n, v = config.qk_nope_head_dim, config.v_head_dim
        return LatentShape(
            h=config.num_attention_heads, n=n, r=config.qk_rope_head_dim, v=v,
            c=config.ranks[self.layer], d=config.hidden_size,
            queries=config.q_lora_rank or config.hidden_size,
        )  # fmt: skip


@dataclass(frozen=True)
class Absorb(Job[Paths]):
    """Decodes the last token of a text on both paths."""

    model: str
    prompt: str
    layer: int
    head: int
