"""One layer's attention matrices, head by head, whatever the checkpoint's own layout."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True)
class HeadWeights:
    """float64, on the model's device; a missing bias is zero."""

    k: Float[Tensor, "g k d"]
    v: Float[Tensor, "g v d"]
    o: Float[Tensor, "h d v"]
    k_bias: Float[Tensor, "g k"]
    v_bias: Float[Tensor, "g v"]
    o_bias: Float[Tensor, " d"]

    @property
    def groups(self) -> int:
        """Query heads that share one key/value head."""
        return self.o.shape[0] // self.k.shape[0]

    @property
    def kv(self) -> Float[Tensor, "gkv d"]:
        """[W_K; W_V], head by head, as one matrix: the rows that the latent must serve."""
        return torch.cat((self.k, self.v), dim=1).flatten(0, 1)

    @property
    def kv_bias(self) -> Float[Tensor, " gkv"]:
        return torch.cat((self.k_bias, self.v_bias), dim=1).flatten()


@dataclass(frozen=True)
class LatentFactors:
    """[W_K; W_V] x as a product through a latent, c_kv = W_DKV (x - shift); float64."""

    down: Float[Tensor, "c d"]
    shift: Float[Tensor, " d"]
    k_up: Float[Tensor, "g k c"]
    v_up: Float[Tensor, "g v c"]

    def state(self) -> dict[str, Tensor]:
        """The weights of a converted layer's `kv_a_proj` and `kv_b_proj`, without the latter's bias."""
        return {
            "kv_a_proj.weight": self.down,
            "kv_a_proj.bias": -self.down @ self.shift,
            "kv_b_proj.weight": torch.cat((self.k_up, self.v_up), dim=1).flatten(0, 1),
        }
