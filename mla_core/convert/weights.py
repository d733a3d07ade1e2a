"""One layer's attention matrices, head by head, whatever the checkpoint's own layout."""

from dataclasses import dataclass

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor

from mla_core.models.gpt2 import GPT2
from mla_core.models.language_model import LanguageModel


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


def head_weights(model: LanguageModel, layer: int) -> HeadWeights:
    """The matrices of `layer` of a gpt2 or llama model with MHA, GQA or MQA."""
    config = model.config
    if isinstance(model, GPT2):
        attention = f"transformer.h.{layer}.attn"
        _, k, v = model.get_parameter(f"{attention}.c_attn.weight").double().T.chunk(3)
        _, k_bias, v_bias = model.get_parameter(f"{attention}.c_attn.bias").double().chunk(3)
        o = model.get_parameter(f"{attention}.c_proj.weight").double().T
        o_bias = model.get_parameter(f"{attention}.c_proj.bias").double()
    else:
        own = model.get_submodule(f"model.layers.{layer}.self_attn")
        k, k_bias = _linear(own.get_submodule("k_proj"))
        v, v_bias = _linear(own.get_submodule("v_proj"))
        o, o_bias = _linear(own.get_submodule("o_proj"))
    dim = config.head_dim
    return HeadWeights(
        k=rearrange(k, "(g k) d -> g k d", k=dim),
        v=rearrange(v, "(g v) d -> g v d", v=dim),
        o=rearrange(o, "d (h v) -> h d v", v=dim),
        k_bias=rearrange(k_bias, "(g k) -> g k", k=dim),
        v_bias=rearrange(v_bias, "(g v) -> g v", v=dim),
        o_bias=o_bias,
    )


def _linear(module: torch.nn.Module) -> tuple[Tensor, Tensor]:
    assert isinstance(module, torch.nn.Linear)
    weight = module.weight.double()
    bias = weight.new_zeros(len(weight)) if module.bias is None else module.bias.double()
    return weight, bias
