"""GPT-2 (Radford et al., 2019), with the parameter names of Hugging Face's `gpt2`."""

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from mla_core.attention.cache import Cache, LayerCache
from mla_core.attention.converted import BiasedLatentAttention
from mla_core.attention.latent import Mode
from mla_core.attention.multihead import multihead_attention
from mla_core.attention.recorder import Recorder
from mla_core.models.config import ModelConfig
from mla_core.models.language_model import LanguageModel


class Conv1D(nn.Module):
    """A linear layer whose weight lies (in, out): GPT-2's checkpoints store it so."""

    def __init__(self, width_in: int, width_out: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(width_in, width_out))
        self.bias = nn.Parameter(torch.zeros(width_out))

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight.T, self.bias)


class Attention(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        d = config.hidden_size
        self.num_heads = config.num_attention_heads
        self.scale = config.head_dim**-0.5
        self.c_attn = Conv1D(d, 3 * d)
        self.c_proj = Conv1D(d, d)

    def forward(
        self,
        x: Tensor,
        *,
        mode: Mode = "naive",
        cache: LayerCache | None = None,
        record: Recorder | None = None,
    ) -> Tensor:
        q, k, v = rearrange(self.c_attn(x), "b s (p h k) -> p b h s k", p=3, h=self.num_heads)
        if record is not None:
            record.put(x=x, k_unrotated=k)
        z = multihead_attention(q, k, v, scale=self.scale, cache=cache, record=record)
        return self.c_proj(z)


class MLP(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.c_fc = Conv1D(config.hidden_size, config.intermediate_size)
        self.c_proj = Conv1D(config.intermediate_size, config.hidden_size)
        self.approximate = "tanh" if config.hidden_act == "gelu_new" else "none"

    def forward(self, x: Tensor) -> Tensor:
        return self.c_proj(F.gelu(self.c_fc(x), approximate=self.approximate))


class Block(nn.Module):
    def __init__(self, config: ModelConfig, layer: int) -> None:
        super().__init__()
        self.ln_1 = nn.LayerNorm(config.hidden_size, eps=config.norm_eps)
        converted = config.attention == "MLA"
        self.attn = BiasedLatentAttention(config, layer) if converted else Attention(config)
        self.ln_2 = nn.LayerNorm(config.hidden_size, eps=config.norm_eps)
        self.mlp = MLP(config)

    def forward(
        self, x: Tensor, mode: Mode, cache: LayerCache | None, record: Recorder | None
    ) -> Tensor:
        if record is not None:
            record.put(residual=x)
        x = x + self.attn(self.ln_1(x), mode=mode, cache=cache, record=record)
        return x + self.mlp(self.ln_2(x))


class Stack(nn.Module):
    """Embeddings, learned positions, blocks, last norm."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.wte = nn.Embedding(config.vocab_size, config.hidden_size)
        self.wpe = nn.Embedding(config.max_position_embeddings, config.hidden_size)
        self.h = nn.ModuleList(Block(config, i) for i in range(config.num_hidden_layers))
        self.ln_f = nn.LayerNorm(config.hidden_size, eps=config.norm_eps)

    def forward(
        self, ids: Tensor, cache: Cache | None, record: Recorder | None, mode: Mode
    ) -> Tensor:
        start = cache.position if cache is not None else 0
        positions = torch.arange(start, start + ids.shape[1], device=ids.device)
        embedding, position = self.wte(ids), self.wpe(positions)
        x = embedding + position
        if record is not None:
            record.put(embedding=embedding, position=position[None])
        for i, block in enumerate(self.h):
            x = block(x, mode, cache[i] if cache is not None else None, record)
        return self.ln_f(x)


class GPT2(LanguageModel):
    """Learned positions, pre-LayerNorm blocks, MHA with biases; or the same converted to MLA."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        self.transformer = Stack(config)
        if not config.tie_word_embeddings:
            self.lm_head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)

    def sublayer(self, layer: int) -> tuple[nn.Module, nn.Module]:
        block = self.transformer.h[layer]
        return block.get_submodule("ln_1"), block.get_submodule("attn")

    @property
    def rope_tables(self) -> None:
        return None

    def output_projection(self, layer: int) -> nn.Module:
        name = "o_proj" if self.config.attention == "MLA" else "c_proj"
        return self.transformer.h[layer].get_submodule(f"attn.{name}")

    def forward(
        self,
        ids: Tensor,
        *,
        cache: Cache | None = None,
        record: Recorder | None = None,
        mode: Mode = "naive",
    ) -> Tensor:
        x = self.transformer(ids, cache, record, mode)
        tied = self.config.tie_word_embeddings
        return F.linear(x, self.transformer.wte.weight if tied else self.lm_head.weight)
