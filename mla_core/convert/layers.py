"""From a basis to a layer: the cut, the folded biases, and models that share all other weights."""

import dataclasses
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from mla_core.attention.converted import BiasedLatentAttention, RotatedLatentAttention
from mla_core.convert.methods import Basis
from mla_core.models.config import ModelConfig
from mla_core.models.gpt2 import GPT2
from mla_core.models.language_model import LanguageModel
from mla_core.models.llama import Llama

if TYPE_CHECKING:
    from mla_core.convert.calibration import Calibration


def converted_config(config: ModelConfig, ranks: tuple[int, ...]) -> ModelConfig:
    same = len(set(ranks)) == 1
    return dataclasses.replace(
        config,
        model_type="mla_gpt2" if config.family == "gpt2" else "mla_llama",
        kv_lora_rank=max(ranks),
        kv_lora_ranks=None if same else ranks,
        v_head_dim=config.head_dim,
        qk_nope_head_dim=config.head_dim,
    )


def twin(model: LanguageModel, config: ModelConfig | None = None) -> LanguageModel:
    """A model of its own whose tensors are those of `model`, but for attention that differs."""
    with torch.device("meta"):
        made: LanguageModel = (GPT2 if isinstance(model, GPT2) else Llama)(config or model.config)
    made.load_state_dict(model.state_dict(), strict=False, assign=True)
    for name, buffer in model.named_buffers():  # the angles of RoPE are not in the state
        parent, _, leaf = name.rpartition(".")
        setattr(made.get_submodule(parent), leaf, buffer)
    made.name, made.tokenizer = model.name, model.tokenizer
    return made.requires_grad_(False).eval()


def set_attention(model: LanguageModel, layer: int, attention: nn.Module) -> nn.Module:
    """Puts an attention into a layer and returns the one that was there."""
    name, own = ("h", "attn") if isinstance(model, GPT2) else ("layers", "self_attn")
    stack = model.transformer if isinstance(model, GPT2) else model.get_submodule("model")
    block = stack.get_submodule(f"{name}.{layer}")
    before = block.get_submodule(own)
    setattr(block, own, attention)
    return before


def latent_attention(
    calibration: "Calibration", layer: int, basis: Basis, rank: int
) -> BiasedLatentAttention | RotatedLatentAttention:
    """The first `rank` directions of a basis as a layer.

    For GPT-2 two constants vanish exactly: whatever is added to all keys alike, softmax does not
    see, so b_K goes; and since the rows of a pattern sum to 1, what is added to all values alike
    comes out behind the sum: b_O' = b_O + sum_h W_O (b_V + W_V shift).
    """
    model, w = calibration.model, calibration.weights(layer)
    config = converted_config(model.config, (rank,) * model.config.num_hidden_layers)
    down, shift = basis.down[:rank].double(), basis.shift.double()
    k_up, v_up = w.k @ basis.lift_k[:, :rank].double(), w.v @ basis.lift_v[:, :rank].double()
    weights: dict[str, Tensor] = {
        "kv_a_proj.weight": down,
        "kv_a_proj.bias": -down @ shift,
        "kv_b_proj.weight": torch.cat((k_up, v_up), dim=1).flatten(0, 1),
    }
    with torch.device("meta"):
        gpt2 = config.family == "gpt2"
        made = (BiasedLatentAttention if gpt2 else RotatedLatentAttention)(config, layer)
    if isinstance(model, GPT2):
        # views: a conversion costs no more memory than its latent
        own, d = f"transformer.h.{layer}.attn", config.hidden_size
        weights["q_proj.weight"] = model.get_parameter(f"{own}.c_attn.weight")[:, :d].T
        weights["q_proj.bias"] = model.get_parameter(f"{own}.c_attn.bias")[:d]
        weights["o_proj.weight"] = model.get_parameter(f"{own}.c_proj.weight").T
        values = w.v_bias + w.v @ shift
        weights["o_proj.bias"] = w.o_bias + torch.einsum("hdv,hv->d", w.o, values)
    else:
        weights["kv_b_proj.bias"] = w.kv @ shift + w.kv_bias
        before = model.get_submodule(f"model.layers.{layer}.self_attn").state_dict()
        weights |= {n: x for n, x in before.items() if n.startswith(("q_proj", "o_proj"))}
    weights = {name: x.to(model.dtype) for name, x in weights.items()}
    made.load_state_dict(weights, assign=True)
    return made.requires_grad_(False)
