"""The two ways of one MLA layer through one decode step, side by side, with their algebra checked.

The dataclass is free of torch, like `Trace`; computing it is not.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, ClassVar

import numpy as np

from mla_core import storage
from mla_core.accounting import LatentShape
from mla_core.traces import Trace

if TYPE_CHECKING:
    from mla_core.engine import Engine

ARRAYS = (
    "q_nope", "q_latent", "c_kv", "k_nope", "content_naive", "content_absorbed", "pattern",
    "z_latent", "z_naive", "z_absorbed", "out_naive", "out_absorbed", "out_merged",
)  # fmt: skip
COUNTS = ("macs_naive", "macs_absorbed", "cache_values", "rebuilt_values")
DIFFERENCES = ("layer_difference", "largest_output", "logit_difference", "largest_logit")


@dataclass(frozen=True, eq=False)
class Paths:
    """The last token of a text, decoded over the cache of those before it.

    Attributes:
        trace: whose text it is; holds no arrays.
        layer, head: which head the arrays are of.
        arrays: in the model's own precision, by the names in `ARRAYS`: the head's query q_nope
            (n,); the same in the latent, W_UK^T q (c,); the cache c_kv (t, c) and the keys k_nope
            (t, n) that the naive path rebuilds; the scaled content scores of both paths (t,); the
            pattern (t,); sum of A c (c,); the head's output z of both paths (v,) and what W_O
            makes of it (d,); the same from W_O W_UV multiplied beforehand.
        counts: multiply-adds of both paths in this layer as torch counted them; numbers read from
            the cache; numbers of keys and values that the naive path rebuilt.
        differences: largest between the paths, anywhere in this layer's output and in the logits
            of the whole model, each with the largest number there.
    """

    trace: Trace
    layer: int
    head: int
    arrays: dict[str, np.ndarray]
    counts: dict[str, int]
    differences: dict[str, float]

    @property
    def nbytes(self) -> int:
        return sum(array.nbytes for array in self.arrays.values())

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

    def save(self, path: str | Path | IO[bytes]) -> None:
        about = {
            "trace": self.trace.about(), "layer": self.layer, "head": self.head,
            "counts": self.counts, "differences": self.differences,
        }  # fmt: skip
        storage.write(path, about, self.arrays)

    @classmethod
    def load(cls, path: str | Path) -> "Paths":
        """Reads what `save` wrote.

        Raises:
            TraceError: the file is missing, damaged, or something else.
        """

        def make(about: dict[str, Any], arrays: dict[str, np.ndarray]) -> Paths:
            return cls(arrays=arrays, **about | {"trace": Trace.of(about["trace"], {})})

        return storage.read(path, make)


@dataclass(frozen=True)
class Absorb:
    """Decodes the last token of a text on both paths."""

    model: str
    prompt: str
    layer: int
    head: int
    patient: ClassVar[bool] = False

    def compute(self, engine: "Engine") -> Paths:
        import torch
        from torch.utils.flop_counter import FlopCounterMode

        from mla_core.attention.cache import Cache
        from mla_core.attention.latent import LatentAttention
        from mla_core.attention.recorder import Recorder
        from mla_core.dissection import output_weights
        from mla_core.tracing import encode_prompt, trace_ids

        model = engine.model(self.model)
        attention = model.sublayer(self.layer)[1]
        if not isinstance(attention, LatentAttention):
            raise ValueError(f"{model.name} has no absorbed path: choose a model with a latent")
        ids = encode_prompt(model, self.prompt, bos=True)
        new = torch.tensor([ids[-1:]], device=model.device)
        names = ("q", "c_kv", "k", "k_rope", "content_scores", "pattern", "z")

        def step(mode: str) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
            cache: Cache = model.new_cache()
            if ids[:-1]:
                model(torch.tensor([ids[:-1]], device=model.device), cache=cache)
            recorder = Recorder(names)
            logits = model(new, cache=cache, record=recorder, mode=mode)[0, -1]
            return {n: x[self.layer][0] for n, x in recorder.layers.items() if x}, logits

        def counted(mode: str) -> int:
            q = naive["q"][None]
            path = attention.naive if mode == "naive" else attention.absorbed
            nothing = naive["c_kv"].new_empty(1, len(ids), 0)
            k_rope = naive["k_rope"][None] if "k_rope" in naive else nothing
            with FlopCounterMode(display=False) as counter:
                path(q[..., : attention.n], q[..., attention.n :], naive["c_kv"][None], k_rope)
            return counter.get_total_flops() // 2  # it counts a multiply-add as two

        with torch.inference_mode():
            naive, logits = step("naive")
            absorbed, other_logits = step("absorbed")
            counts = {f"macs_{mode}": counted(mode) for mode in ("naive", "absorbed")}
            w_uk, w_uv = (w[self.head] for w in attention.up_projections())
            q_nope = naive["q"][self.head, 0, : attention.n]
            k_nope = naive["k"][self.head, :, : attention.n]
            pattern = naive["pattern"][self.head, 0]
            c_kv = naive["c_kv"]

            w_o = output_weights(model.output_projection(self.layer))[0]  # (hv, d)
            w_oh = w_o.unflatten(0, (attention.num_heads, -1))[self.head]  # (v, d)
            z_naive, z_absorbed = (run["z"][:, 0] for run in (naive, absorbed))  # (h, v)
            arrays = {
                "q_nope": q_nope,
                "q_latent": q_nope @ w_uk,
                "c_kv": c_kv,
                "k_nope": k_nope,
                "content_naive": naive["content_scores"][self.head, 0],
                "content_absorbed": absorbed["content_scores"][self.head, 0],
                "pattern": pattern,
                "z_latent": pattern @ c_kv,
                "z_naive": z_naive[self.head],
                "z_absorbed": z_absorbed[self.head],
                "out_naive": z_naive[self.head] @ w_oh,
                "out_absorbed": z_absorbed[self.head] @ w_oh,
                "out_merged": (pattern @ c_kv) @ (w_uv.T @ w_oh),
            }
            differences = {
                "layer_difference": (z_naive - z_absorbed).flatten() @ w_o,
                "largest_output": z_naive.flatten() @ w_o,
                "logit_difference": logits - other_logits,
                "largest_logit": logits,
            }
        cached = c_kv.numel() + (naive["k_rope"].numel() if "k_rope" in naive else 0)
        rebuilt = w_uk.shape[0] + w_uv.shape[0]
        return Paths(
            trace=trace_ids(model, ids, has_bos=model.config.bos_token_id is not None, record=()),
            layer=self.layer,
            head=self.head,
            arrays={n: x.float().cpu().numpy() for n, x in arrays.items()},
            counts=counts
            | {"cache_values": cached, "rebuilt_values": rebuilt * attention.num_heads * len(ids)},
            differences={n: x.abs().max().item() for n, x in differences.items()},
        )
