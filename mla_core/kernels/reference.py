"""What the kernel computes, in plain torch."""

import torch
from jaxtyping import Float, Int
from torch import Tensor


def gather_pages(
    pages: Float[Tensor, "p size w"], block_table: Int[Tensor, "b m"]
) -> Float[Tensor, "b t w"]:
    """A paged cache as a contiguous one: row `block_table[b]` lists the pages of sequence b."""
    return pages[block_table.long()].flatten(1, 2)


def decode_reference(
    q_latent: Float[Tensor, "b h c"],
    q_rope: Float[Tensor, "b h r"],
    c_kv: Float[Tensor, "b t c"],
    k_rope: Float[Tensor, "b t r"],
    *,
    scale: float,
    lengths: Int[Tensor, " b"] | None = None,
) -> Float[Tensor, "b h c"]:
    """softmax(scale (q_latent . c_kv + q_rope . k_rope)) c_kv, one query token a sequence.

    DeepSeek-V2 (arXiv 2405.04434), equations 16-18 with W_UK absorbed into the query (appendix C).

    Args:
        lengths: rows of the cache that count; what lies behind them is not read, not even NaN.

    Returns:
        Zeros for a sequence of length 0.
    """
    if lengths is not None:
        outside = torch.arange(c_kv.shape[1], device=c_kv.device) >= lengths[:, None]
        c_kv = c_kv.masked_fill(outside[..., None], 0)
        k_rope = k_rope.masked_fill(outside[..., None], 0)
    scores = torch.bmm(q_rope, k_rope.mT)
    scores = torch.baddbmm(scores, q_latent, c_kv.mT, beta=scale, alpha=scale)
    if lengths is not None:
        scores = scores.masked_fill(outside[:, None], float("-inf"))
    pattern = scores.softmax(dim=-1, dtype=torch.promote_types(scores.dtype, torch.float32))
    if lengths is not None:
        pattern = pattern.masked_fill((lengths == 0)[:, None, None], 0)  # all NaN without keys
    return torch.bmm(pattern.to(c_kv.dtype), c_kv)
