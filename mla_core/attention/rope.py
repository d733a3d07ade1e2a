"""Rotary position embedding (arXiv 2104.09864), its two layouts, and its stretched variants.

A pair of numbers (x1, x2) at position p is turned by the angle p * inv_freq. DeepSeek's own code
pairs neighbours (interleaved), Llama pairs x[i] with x[i + r/2] (half-split): the same rotation
with the rows of the projection in another order.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from mla_core.attention.rope_config import RopeConfig

Rotation = tuple[Float[Tensor, "_ half"], Float[Tensor, "_ half"]]  # cos, sin; a row a position


def yarn_mscale(factor: float, mscale: float = 1.0) -> float:
    """YaRN's attention temperature, sqrt(1/t) = 0.1 ln(s) + 1 (arXiv 2309.00071, eq. 22)."""
    return 1.0 if factor <= 1 else 0.1 * mscale * math.log(factor) + 1.0


def score_scale(key_dim: int, rope: RopeConfig | None) -> float:
    """1 / sqrt(key_dim), times mscale^2 where DeepSeek stretches the context with YaRN."""
    scale = key_dim**-0.5
    if rope is not None and rope.rope_type != "default" and rope.mscale_all_dim:
        scale *= yarn_mscale(rope.factor, rope.mscale_all_dim) ** 2
    return scale


def _llama3(inv_freq: Tensor, rope: RopeConfig) -> Tensor:
    """Llama 3.1: long waves are slowed by `factor`, short ones kept, those between blended."""
    wavelength = 2 * math.pi / inv_freq
    turns = rope.original_max_position_embeddings / wavelength
    keep = (turns - rope.low_freq_factor) / (rope.high_freq_factor - rope.low_freq_factor)
    keep = keep.clamp(0, 1)
    return keep * inv_freq + (1 - keep) * inv_freq / rope.factor


def _yarn(inv_freq: Tensor, dim: int, rope: RopeConfig) -> Tensor:
    """YaRN's "NTK by parts": pairs that turn often are kept, slow ones interpolated (eq. 23)."""

    def pair_with(rotations: float) -> float:
        wavelengths = rope.original_max_position_embeddings / (rotations * 2 * math.pi)
        return dim * math.log(wavelengths) / (2 * math.log(rope.rope_theta))

    low, high = pair_with(rope.beta_fast), pair_with(rope.beta_slow)
    if rope.truncate:
        low, high = math.floor(low), math.ceil(high)
    low, high = max(low, 0), min(high, dim - 1)
    high += 0.001 if low == high else 0  # the ramp must not divide by zero
    ramp = ((torch.arange(dim // 2, dtype=torch.float32, device="cpu") - low) / (high - low)).clamp(
        0, 1
    )
    return (1 - ramp) * inv_freq + ramp * inv_freq / rope.factor


def _table_scale(rope: RopeConfig) -> float:
    """The factor YaRN puts on cos and sin (DeepSeek splits it between here and `score_scale`)."""
    if rope.rope_type != "yarn":
        return 1.0
    if rope.attention_factor is not None:
        return rope.attention_factor
    if rope.mscale and rope.mscale_all_dim:
        return yarn_mscale(rope.factor, rope.mscale) / yarn_mscale(rope.factor, rope.mscale_all_dim)
    return yarn_mscale(rope.factor)


def rotary_table(positions: int, dim: int, rope: RopeConfig) -> Rotation:
    """cos and sin of every angle, float32 on the CPU, for positions 0 .. positions - 1.

    Args:
        positions: rows of the table.
        dim: width that is rotated; `half` = dim / 2 pairs.
    """
    # device="cpu" throughout: models are built on the meta device before their weights arrive
    pairs = torch.arange(0, dim, 2, dtype=torch.float32, device="cpu")
    inv_freq = 1.0 / rope.rope_theta ** (pairs / dim)
    if rope.rope_type == "linear":
        inv_freq = inv_freq / rope.factor
    elif rope.rope_type == "llama3":
        inv_freq = _llama3(inv_freq, rope)
    elif rope.rope_type == "yarn":
        inv_freq = _yarn(inv_freq, dim, rope)
    angle = torch.outer(torch.arange(positions, dtype=torch.float32, device="cpu"), inv_freq)
    return angle.cos() * _table_scale(rope), angle.sin() * _table_scale(rope)


def last(rotation: Rotation, s: int) -> Rotation:
    """The rows of the s newest positions."""
    cos, sin = rotation
    return cos[-s:], sin[-s:]


def rotate(
    x: Float[Tensor, "*lead s r"],
    cos: Float[Tensor, "s half"],
    sin: Float[Tensor, "s half"],
    *,
    interleaved: bool,
) -> Float[Tensor, "*lead s r"]:
    """Turns each pair of `x` by its angle; the layout of the pairs and the type of `x` are kept."""
    if interleaved:  # a pair as a complex number: a turn is one product (arXiv 2104.09864, eq. 12)
        wide = torch.promote_types(x.dtype, torch.float32)
        turn = torch.complex(cos.to(wide), sin.to(wide))
        pairs = x.to(wide).reshape(*x.shape[:-1], -1, 2).contiguous()
        turned = torch.view_as_real(torch.view_as_complex(pairs) * turn).flatten(-2)
    else:
        x1, x2 = x.chunk(2, dim=-1)
        turned = torch.cat((x1 * cos - x2 * sin, x1 * sin + x2 * cos), dim=-1)
    return turned.to(x.dtype)  # angles may be float32 where the model is bfloat16
