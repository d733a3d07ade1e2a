"""Bytes and multiply-adds from a configuration alone; live runs must agree (tests/core)."""

from dataclasses import dataclass

from mla_core.models.config import ModelConfig


def kv_bytes_per_token(config: ModelConfig, bytes_per_value: float = 2) -> int:
    """What one token adds to the KV cache of all layers (DeepSeek-V2, Table 1).

    MHA 2 h k l, GQA 2 g k l, MQA 2 k l, MLA (c + r) l values.

    Args:
        config: of any model that `load_model` opens.
        bytes_per_value: 4 for float32, 2 for bfloat16, 0.75 for 6 bits.

    Raises:
        ValueError: `bytes_per_value` is not positive.
    """
    if not bytes_per_value > 0:
        raise ValueError(f"bytes_per_value must be positive, not {bytes_per_value}")
    return round(config.cached_values * bytes_per_value)


@dataclass(frozen=True)
class StepCost:
    """One layer's attention for one new token, from its queries to its heads' outputs.

    Attributes:
        multiply_adds: of all matrix products.
        cache_values: numbers read from the cache.
        rebuilt_values: numbers of keys and values that are made again and thrown away.
    """

    multiply_adds: int
    cache_values: int
    rebuilt_values: int


@dataclass(frozen=True)
class LatentShape:
    """The sizes of an MLA layer: heads, nope, rope and value dims, latent."""

    h: int
    n: int
    r: int
    v: int
    c: int

    def naive(self, t: int) -> StepCost:
        """Keys and values of all t tokens are rebuilt (equations 42, 45), then attended to."""
        h, n, r, v, c = self.h, self.n, self.r, self.v, self.c
        rebuild, attend = t * c * h * (n + v), t * h * (n + r + v)
        return StepCost(rebuild + attend, t * (c + r), t * h * (n + v))

    def absorbed(self, t: int) -> StepCost:
        """W_UK moves to the one query, W_UV behind the sum: nothing is rebuilt."""
        h, n, r, v, c = self.h, self.n, self.r, self.v, self.c
        moved, attend = h * c * (n + v), t * h * (c + r + c)
        return StepCost(moved + attend, t * (c + r), 0)

    def heads_of_their_own(self, t: int) -> StepCost:
        """MHA with as many heads of n: K and V of every head are read."""
        return StepCost(t * self.h * 2 * self.n, t * self.h * 2 * self.n, 0)


DEEPSEEK_V3 = LatentShape(h=128, n=128, r=64, v=128, c=512)  # arXiv 2412.19437, section 4.2
