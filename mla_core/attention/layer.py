"""What every kind of attention answers for, so that nobody outside asks which kind it is."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Literal

from jaxtyping import Float
from torch import Tensor, nn

from mla_core.attention.derivation import Derivation
from mla_core.attention.head_weights import HeadWeights, LatentFactors

Mode = Literal["naive", "absorbed"]


class AttentionLayer(nn.Module, ABC):
    """One layer of attention: MHA, GQA, MQA, or MLA, trained or converted.

    Attributes:
        modes: the names of paths that it takes, the one for decoding last. Attention without a
            latent has one path, under either name.
    """

    modes: ClassVar[tuple[Mode, ...]] = ("naive", "absorbed")
    o_proj: nn.Linear
    scale: float

    @abstractmethod
    def cache_shapes(self, tokens: int) -> dict[str, tuple[int, ...]]:
        """What a `LayerCache` holds of one sequence of so many tokens, by name."""

    def derive(self, sheet: Derivation, head: int, mode: Mode = "naive") -> None:
        """Writes the equations of one head on a sheet, from `x` to `z`.

        Args:
            sheet: to write on.
            head: its number.
            mode: which of the two paths of a latent; without a latent both names mean the one.

        Raises:
            ValueError: the heads of this kind are not taken apart.
        """
        raise ValueError("The heads of this model are not taken apart here: choose another.")

    @property
    def output_projection(self) -> nn.Module:
        """W_O: takes the heads concatenated, (b, s, hv)."""
        return self.o_proj

    def output_weights(self) -> tuple[Float[Tensor, "hv d"], Float[Tensor, " d"] | None]:
        """W_O and its bias, if it has one."""
        bias: Any = self.o_proj.bias  # None without one, which torch's types do not say
        return self.o_proj.weight.T, bias

    def head_weights(self) -> HeadWeights:
        """The matrices head by head, in float64.

        Raises:
            ValueError: keys and values come from a latent already.
        """
        raise ValueError("This attention keeps a latent: its keys and values share their weights.")

    def over_latent(self, factors: LatentFactors) -> "AttentionLayer":
        """The same attention with its keys and values pressed through a latent.

        Raises:
            ValueError: they come from a latent already.
        """
        raise ValueError("This attention keeps a latent already: convert a gpt2 or a llama.")

    def latent_projections(self) -> tuple[nn.Linear, nn.Linear]:
        """W_DKV and [W_UK; W_UV] of a converted layer.

        Raises:
            ValueError: it is not converted.
        """
        raise ValueError("This attention is not converted: make it latent with convert_to_mla.")
