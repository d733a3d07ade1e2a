"""Multi-head attention (MHA), and its sharing of keys and values: GQA and MQA.

DeepSeek-V2 (arXiv 2405.04434), equations 1-8. With `num_key_value_heads` = h every head has keys
and values of its own (MHA), with 1 all share one pair (MQA, arXiv 1911.02150), between the two
each group of h / g heads shares one (GQA, arXiv 2305.13245). What is cached: 2 g k numbers a token.
"""

import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Float
from torch import Tensor

from mla_core.attention.cache import LayerCache, causal_mask
from mla_core.attention.recorder import Recorder


def softmax_causal(
    scores: Float[Tensor, "b *heads s t"],
) -> Float[Tensor, "b *heads s t"]:
    """The attention pattern: future keys masked, rows sum to 1; at least float32 inside."""
    s, t = scores.shape[-2:]
    if s > 1:
        scores = scores.masked_fill(causal_mask(s, t, scores.device), float("-inf"))
    wide = torch.promote_types(scores.dtype, torch.float32)
    return scores.softmax(dim=-1, dtype=wide).to(scores.dtype)


def multihead_attention(
    q: Float[Tensor, "b h s k"],
    k: Float[Tensor, "b g s_new k"],
    v: Float[Tensor, "b g s_new v"],
    *,
    scale: float,
    cache: LayerCache | None = None,
    record: Recorder | None = None,
) -> Float[Tensor, "b s hv"]:
    """Equations 7 and 8 up to W_O: every query against every key so far, heads concatenated.

    Args:
        q, k, v: of the new tokens only, already rotated where the model rotates.
        scale: factor on q . k, usually 1 / sqrt(k).
        cache: earlier keys and values; the new ones are written to it.
        record: takes `q`, `k`, `v`, `scores` (scaled, before the mask), `pattern`, `z`.
    """
    if cache is not None:
        k, v = cache.append(k=k, v=v)
    # nothing to show: training, or one new token, which sees all keys, on a GPU
    if record is None and (cache is None or (q.shape[2] == 1 and q.is_cuda)):
        grouped, causal = k.shape[1] != q.shape[1], cache is None
        z = F.scaled_dot_product_attention(
            q, k, v, is_causal=causal, scale=scale, enable_gqa=grouped
        )
        return rearrange(z, "b h s v -> b s (h v)")
    return attend(q, k, v, scale=scale, record=record)


def attend(
    q: Float[Tensor, "b h s k"],
    k: Float[Tensor, "b g t k"],
    v: Float[Tensor, "b g t v"],
    *,
    scale: float,
    record: Recorder | None = None,
) -> Float[Tensor, "b s hv"]:
    """The new queries against all keys so far; the queries are those of the last s keys."""
    groups, s = k.shape[1], q.shape[2]
    # the i heads that share key/value head g lie in one matrix: k and v are never copied
    q_shared = rearrange(q * scale, "b (g i) s k -> b g (i s) k", g=groups)
    scores = rearrange(q_shared @ k.transpose(-1, -2), "b g (i s) t -> b (g i) s t", s=s)
    pattern = softmax_causal(scores)  # (b, h, s, t)
    z = rearrange(pattern, "b (g i) s t -> b g (i s) t", g=groups) @ v
    z = rearrange(z, "b g (i s) v -> b (g i) s v", s=s)
    if record is not None:
        record.put(q=q, k=k, v=v, scores=scores, pattern=pattern, z=z)
    return rearrange(z, "b h s v -> b s (h v)")
