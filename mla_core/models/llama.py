"""Llama and dense DeepSeek: the same blocks, another attention.

Pre-RMSNorm, SwiGLU, rotary positions, with the parameter names of Hugging Face's `llama`,
`deepseek_v2` and `deepseek_v3`.
"""

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from mla_core.attention.cache import Cache, LayerCache
from mla_core.attention.converted import RotatedLatentAttention
from mla_core.attention.derivation import Derivation, given_linear
from mla_core.attention.head_weights import HeadWeights, LatentFactors
from mla_core.attention.latent import MultiHeadLatentAttention
from mla_core.attention.layer import AttentionLayer, Mode
from mla_core.attention.multihead import multihead_attention
from mla_core.attention.recorder import Recorder
from mla_core.attention.rope import Rotation, last, rotary_table, rotate
from mla_core.models.config import ModelConfig
from mla_core.models.language_model import RotaryLanguageModel


class Attention(AttentionLayer):
    """MHA, GQA or MQA by the number of key/value heads, rotated in halves."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        d, k, bias = config.hidden_size, config.head_dim, config.attention_bias
        self.head_dim, self.scale = k, k**-0.5
        self.num_heads, self.num_kv_heads = config.num_attention_heads, config.num_key_value_heads
        self.q_proj = nn.Linear(d, config.num_attention_heads * k, bias=bias)
        self.k_proj = nn.Linear(d, config.num_key_value_heads * k, bias=bias)
        self.v_proj = nn.Linear(d, config.num_key_value_heads * k, bias=bias)
        self.o_proj = nn.Linear(config.num_attention_heads * k, d, bias=bias)

    def forward(
        self,
        x: Tensor,
        rotation: Rotation,
        *,
        mode: Mode = "naive",
        cache: LayerCache | None = None,
        record: Recorder | None = None,
    ) -> Tensor:
        heads = "b s (h k) -> b h s k"
        q = rearrange(self.q_proj(x), heads, k=self.head_dim)
        k = rearrange(self.k_proj(x), heads, k=self.head_dim)
        v = rearrange(self.v_proj(x), heads, k=self.head_dim)
        turn = last(rotation, x.shape[1])
        if record is not None:
            record.put(x=x, k_unrotated=k)
        q = rotate(q, *turn, interleaved=False)
        k = rotate(k, *turn, interleaved=False)
        z = multihead_attention(q, k, v, scale=self.scale, cache=cache, record=record)
        return self.o_proj(z)

    def cache_shapes(self, tokens: int) -> dict[str, tuple[int, ...]]:
        return dict.fromkeys(("k", "v"), (1, self.num_kv_heads, tokens, self.head_dim))

    def head_weights(self) -> HeadWeights:
        k, v, o = self.k_proj, self.v_proj, self.o_proj
        dim = self.head_dim
        return HeadWeights(
            k=rearrange(k.weight.double(), "(g k) d -> g k d", k=dim),
            v=rearrange(v.weight.double(), "(g v) d -> g v d", v=dim),
            o=rearrange(o.weight.double(), "d (h v) -> h d v", v=dim),
            k_bias=rearrange(_bias(k), "(g k) -> g k", k=dim),
            v_bias=rearrange(_bias(v), "(g v) -> g v", v=dim),
            o_bias=_bias(o),
        )

    def over_latent(self, factors: LatentFactors) -> RotatedLatentAttention:
        """Biases stay: a rotated key's is another at every position."""
        w, (c, d) = self.head_weights(), factors.down.shape
        with torch.device("meta"):
            made = RotatedLatentAttention(
                hidden_size=d,
                num_attention_heads=self.num_heads,
                num_key_value_heads=self.num_kv_heads,
                head_dim=self.head_dim,
                kv_lora_rank=c,
                attention_bias=self.q_proj.bias is not None,
            )
        kept = {n: x for n, x in self.state_dict().items() if n.startswith(("q_proj", "o_proj"))}
        weights = factors.state() | kept | {"kv_b_proj.bias": w.kv @ factors.shift + w.kv_bias}
        dtype = self.q_proj.weight.dtype
        made.load_state_dict({name: x.to(dtype) for name, x in weights.items()}, assign=True)
        return made.requires_grad_(False)

    def derive(self, sheet: Derivation, head: int, mode: Mode = "naive") -> None:
        """Equations 1-3 with RoPE on queries and keys."""
        shared = head * self.num_kv_heads // self.num_heads
        given_linear(sheet, "Q", self.q_proj, head, self.head_dim, "d k")
        given_linear(sheet, "K", self.k_proj, shared, self.head_dim, "d k")
        given_linear(sheet, "V", self.v_proj, shared, self.head_dim, "d v")
        for name, rows in (("q", "s"), ("k", "t")):
            weight = name.upper()
            sheet.linear(f"{name}_unrotated", "x", f"W_{weight}", f"{rows} k", f"b_{weight}")
            sheet.rotated(name, f"{name}_unrotated", f"{rows} k", interleaved=False)
        sheet.linear("v", "x", "W_V", "t v", "b_V")
        sheet.meeting("raw", "q", "k")
        sheet.attend("raw", self.scale, "v")


def _bias(module: nn.Linear) -> Tensor:
    return (
        module.weight.new_zeros(module.out_features).double()
        if module.bias is None
        else module.bias.double()
    )


class MLP(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        d, i, bias = config.hidden_size, config.intermediate_size, config.mlp_bias
        self.gate_proj = nn.Linear(d, i, bias=bias)
        self.up_proj = nn.Linear(d, i, bias=bias)
        self.down_proj = nn.Linear(i, d, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


def build_attention(
    config: ModelConfig, layer: int
) -> Attention | MultiHeadLatentAttention | RotatedLatentAttention:
    if config.attention != "MLA":
        return Attention(config)
    if config.is_converted:
        return RotatedLatentAttention(
            hidden_size=config.hidden_size,
            num_attention_heads=config.num_attention_heads,
            num_key_value_heads=config.num_key_value_heads,
            head_dim=config.head_dim,
            kv_lora_rank=config.ranks[layer],
            attention_bias=config.attention_bias,
        )
    assert config.rope is not None  # read_config gives every llama and deepseek model one
    return MultiHeadLatentAttention(
        hidden_size=config.hidden_size,
        num_attention_heads=config.num_attention_heads,
        kv_lora_rank=config.kv_lora_rank,
        q_lora_rank=config.q_lora_rank,
        qk_nope_head_dim=config.qk_nope_head_dim,
        qk_rope_head_dim=config.qk_rope_head_dim,
        v_head_dim=config.v_head_dim,
        attention_bias=config.attention_bias,
        rope=config.rope,
        rope_interleave=config.rope_interleave,
    )


class Block(nn.Module):
    def __init__(self, config: ModelConfig, layer: int) -> None:
        super().__init__()
        self.input_layernorm = nn.RMSNorm(config.hidden_size, eps=config.norm_eps)
        self.self_attn = build_attention(config, layer)
        self.post_attention_layernorm = nn.RMSNorm(config.hidden_size, eps=config.norm_eps)
        self.mlp = MLP(config)

    def forward(
        self,
        x: Tensor,
        rotation: Rotation,
        mode: Mode,
        cache: LayerCache | None,
        record: Recorder | None,
    ) -> Tensor:
        if record is not None:
            record.put(residual=x)
        attended = self.self_attn(
            self.input_layernorm(x), rotation, mode=mode, cache=cache, record=record
        )
        x = x + attended
        return x + self.mlp(self.post_attention_layernorm(x))


class Stack(nn.Module):
    """Embeddings, blocks, last norm; the angles of the rotary positions are a table."""

    rope_cos: Tensor
    rope_sin: Tensor

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(Block(config, i) for i in range(config.num_hidden_layers))
        self.norm = nn.RMSNorm(config.hidden_size, eps=config.norm_eps)
        assert config.rope is not None
        # for MLA head_dim is the rope dim: only that part of a key is rotated
        cos, sin = rotary_table(config.max_position_embeddings, config.head_dim, config.rope)
        self.register_buffer("rope_cos", cos, persistent=False)
        self.register_buffer("rope_sin", sin, persistent=False)

    def forward(
        self, ids: Tensor, cache: Cache | None, record: Recorder | None, mode: Mode
    ) -> Tensor:
        so_far = ids.shape[1] + (cache.position if cache is not None else 0)
        rotation = (self.rope_cos[:so_far], self.rope_sin[:so_far])
        x = self.embed_tokens(ids)
        if record is not None:
            record.put(embedding=x)
        for i, block in enumerate(self.layers):
            x = block(x, rotation, mode, cache[i] if cache is not None else None, record)
        return self.norm(x)


class Llama(RotaryLanguageModel):
    """`llama` (MHA, GQA, MQA), `deepseek_v2` and dense `deepseek_v3` (MLA), converted `llama`."""

    weight_prefix = "model."

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        self.model = Stack(config)
        if not config.tie_word_embeddings:
            self.lm_head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)

    def attention_path(self, layer: int) -> str:
        return f"model.layers.{layer}.self_attn"

    def input_norm(self, layer: int) -> nn.Module:
        return self.get_submodule(f"model.layers.{layer}.input_layernorm")

    @property
    def token_embedding(self) -> nn.Parameter:
        return self.get_parameter("model.embed_tokens.weight")

    @property
    def position_tables(self) -> tuple[str, ...]:
        return "model.rope_cos", "model.rope_sin"

    def forward(
        self,
        ids: Tensor,
        *,
        cache: Cache | None = None,
        record: Recorder | None = None,
        mode: Mode = "naive",
    ) -> Tensor:
        x = self.model(ids, cache, record, mode)
        tied = self.config.tie_word_embeddings
        return F.linear(x, self.model.embed_tokens.weight if tied else self.lm_head.weight)
