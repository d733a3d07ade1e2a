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
        products: multiply-adds of each matrix product, by what it makes.
        cache_values: numbers read from the cache.
        rebuilt_values: numbers of keys and values that are made again and thrown away.
    """

    products: dict[str, int]
    cache_values: int
    rebuilt_values: int = 0

    @property
    def multiply_adds(self) -> int:
        return sum(self.products.values())


@dataclass(frozen=True)
class LatentShape:
    """The sizes of an MLA layer, in the letters of `mla_core`.

    `queries` is the width that queries are made from: q where they have a latent, else d.
    """

    h: int
    n: int
    r: int
    v: int
    c: int
    d: int
    queries: int

    def naive(self, t: int) -> StepCost:
        """Keys and values of all t tokens are rebuilt (equations 42, 45), then attended to."""
        h, n, r, v, c = self.h, self.n, self.r, self.v, self.c
        products = {
            "keys": t * c * h * n, "values": t * c * h * v,
            "scores": t * h * (n + r), "sum": t * h * v,
        }  # fmt: skip
        return StepCost(products, t * (c + r), t * h * (n + v))

    def absorbed(self, t: int) -> StepCost:
        """W_UK moves to the one query, W_UV behind the sum: nothing is rebuilt."""
        h, n, r, v, c = self.h, self.n, self.r, self.v, self.c
        products = {
            "query": h * n * c, "scores": t * h * (c + r), "sum": t * h * c, "output": h * c * v
        }  # fmt: skip
        return StepCost(products, t * (c + r))

    def without_latent(self, t: int) -> StepCost:
        """MHA with as many heads of n: K and V of every head are read."""
        h, n, v = self.h, self.n, self.v
        return StepCost({"scores": t * h * n, "sum": t * h * v}, t * h * (n + v))

    def apart(self) -> int:
        """Numbers in W_UQ, W_UK, W_UV and W_O."""
        return self.h * (self.n * (self.queries + self.c) + self.v * (self.c + self.d))

    def merged(self) -> int:
        """Numbers in W_UQ^T W_UK and W_O W_UV, if they were multiplied beforehand."""
        return self.h * self.c * (self.queries + self.d)


# arXiv 2405.04434, section 3.1.2; V3 and R1 differ in d alone
DEEPSEEK_V2 = LatentShape(h=128, n=128, r=64, v=128, c=512, d=5120, queries=1536)
