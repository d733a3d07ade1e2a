"""GPT-2 (Radford et al., 2019), with the parameter names of Hugging Face's `gpt2`."""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from mla_core.attention.cache import Cache, LayerCache
from mla_core.attention.converted import BiasedLatentAttention
from mla_core.attention.derivation import Derivation
from mla_core.attention.head_weights import HeadWeights, LatentFactors
from mla_core.attention.layer import AttentionLayer, Mode
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


class Attention(AttentionLayer):
    """MHA with biases; W_Q, W_K and W_V lie in one matrix."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        d = config.hidden_size
        self.num_heads, self.head_dim = config.num_attention_heads, config.head_dim
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

    def cache_shapes(self, tokens: int) -> dict[str, tuple[int, ...]]:
        return dict.fromkeys(("k", "v"), (1, self.num_heads, tokens, self.head_dim))

    @property
    def output_projection(self) -> nn.Module:
        return self.c_proj

    def output_weights(self) -> tuple[Tensor, Tensor]:
        return self.c_proj.weight, self.c_proj.bias

    def head_weights(self) -> HeadWeights:
        _, k, v = self.c_attn.weight.double().T.chunk(3)
        _, k_bias, v_bias = self.c_attn.bias.double().chunk(3)
        o = self.c_proj.weight.double().T
        return HeadWeights(
            k=rearrange(k, "(h k) d -> h k d", h=self.num_heads),
            v=rearrange(v, "(h v) d -> h v d", h=self.num_heads),
            o=rearrange(o, "d (h v) -> h d v", h=self.num_heads),
            k_bias=rearrange(k_bias, "(h k) -> h k", h=self.num_heads),
            v_bias=rearrange(v_bias, "(h v) -> h v", h=self.num_heads),
            o_bias=self.c_proj.bias.double(),
        )

    def over_latent(self, factors: LatentFactors) -> BiasedLatentAttention:
        """Two constants vanish exactly.

        Whatever is added to all keys alike, softmax does not see, so b_K goes; and since the rows
        of a pattern sum to 1, what is added to all values alike comes out behind the sum:
        b_O' = b_O + sum_h W_O (b_V + W_V shift).
        """
        w, (c, d) = self.head_weights(), factors.down.shape
        with torch.device("meta"):
            made = BiasedLatentAttention(
                hidden_size=d,
                num_attention_heads=self.num_heads,
                head_dim=self.head_dim,
                kv_lora_rank=c,
            )
        values = w.v_bias + w.v @ factors.shift
        # views of the queries' and the output's weights: only the latent costs memory
        weights = factors.state() | {
            "q_proj.weight": self.c_attn.weight[:, :d].T,
            "q_proj.bias": self.c_attn.bias[:d],
            "o_proj.weight": self.c_proj.weight.T,
            "o_proj.bias": w.o_bias + torch.einsum("hdv,hv->d", w.o, values),
        }
        dtype = self.c_attn.weight.dtype
        made.load_state_dict({name: x.to(dtype) for name, x in weights.items()}, assign=True)
        return made.requires_grad_(False)

    def derive(self, sheet: Derivation, head: int, mode: Mode = "naive") -> None:
        """Equations 1-3: MHA with biases, positions inside X."""
        for part, name in enumerate("QKV"):
            first = (part * self.num_heads + head) * self.head_dim
            columns = slice(first, first + self.head_dim)
            letter = "v" if name == "V" else "k"
            sheet.given(f"W_{name}", self.c_attn.weight[:, columns], f"d {letter}")
            sheet.given(f"b_{name}", self.c_attn.bias[columns], f" {letter}")
            rows = "s" if name == "Q" else "t"
            sheet.linear(name.lower(), "x", f"W_{name}", f"{rows} {letter}", f"b_{name}")
        sheet.meeting("raw", "q", "k")
        sheet.attend("raw", self.scale, "v")


class MLP(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.c_fc = Conv1D(config.hidden_size, config.intermediate_size)
        self.c_proj = Conv1D(config.intermediate_size, config.hidden_size)
        self.approximate = "tanh" if config.hidden_act == "gelu_new" else "none"

    def forward(self, x: Tensor) -> Tensor:
        return self.c_proj(F.gelu(self.c_fc(x), approximate=self.approximate))


def build_attention(config: ModelConfig, layer: int) -> Attention | BiasedLatentAttention:
    if not config.is_converted:
        return Attention(config)
    return BiasedLatentAttention(
        hidden_size=config.hidden_size,
        num_attention_heads=config.num_attention_heads,
        head_dim=config.head_dim,
        kv_lora_rank=config.ranks[layer],
    )


class Block(nn.Module):
    def __init__(self, config: ModelConfig, layer: int) -> None:
        super().__init__()
        self.ln_1 = nn.LayerNorm(config.hidden_size, eps=config.norm_eps)
        self.attn = build_attention(config, layer)
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

    weight_prefix = "transformer."

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        self.transformer = Stack(config)
        if not config.tie_word_embeddings:
            self.lm_head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)

    def attention_path(self, layer: int) -> str:
        return f"transformer.h.{layer}.attn"

    def input_norm(self, layer: int) -> nn.Module:
        return self.get_submodule(f"transformer.h.{layer}.ln_1")

    @property
    def token_embedding(self) -> nn.Parameter:
        return self.get_parameter("transformer.wte.weight")

    @property
    def position_tables(self) -> tuple[str, ...]:
        return ("transformer.wpe.weight",)

    def without_positions(self) -> dict[str, Tensor]:
        (name,) = self.position_tables
        return {name: torch.zeros_like(self.get_parameter(name))}

    def without_key_biases(self) -> dict[str, Tensor]:
        return {
            f"{path}.c_attn.bias": torch.cat((b_q, torch.zeros_like(b_k), b_v))
            for path, (b_q, b_k, b_v) in self._attention_biases()
        }

    def with_value_biases_in_output(self) -> dict[str, Tensor]:
        folded = {}
        for layer, (path, (b_q, b_k, b_v)) in enumerate(self._attention_biases()):
            w = self.head_weights(layer)
            out = w.o_bias + torch.einsum("hdv,hv->d", w.o, w.v_bias)
            folded[f"{path}.c_attn.bias"] = torch.cat((b_q, b_k, torch.zeros_like(b_v)))
            folded[f"{path}.c_proj.bias"] = out.to(b_v.dtype)
        return folded

    def _attention_biases(self) -> Iterator[tuple[str, tuple[Tensor, ...]]]:
        """Layer by layer: where the attention lies, and its biases of Q, K and V."""
        for layer in range(self.config.num_hidden_layers):
            path = self.attention_path(layer)
            yield path, self.get_parameter(f"{path}.c_attn.bias").chunk(3)

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
