"""MLA as `mla_core.convert` makes it out of ordinary attention: one latent, no extra rope key.

DeepSeek trains its latent beside a small key for the position (equation 15). A model that was
trained without one keeps its positions where they are: GPT-2's inside x, so that both paths of
`latent` work as they are; Llama's in a rotation of the rebuilt keys, so that only the naive path
does (DeepSeek-V2, 2.1.3: the rotation would stand between W_Q and W_UK).
"""

from typing import ClassVar

from einops import rearrange
from torch import Tensor, nn

from mla_core.attention.cache import LayerCache
from mla_core.attention.derivation import Derivation, given_linear
from mla_core.attention.latent import LatentAttention
from mla_core.attention.layer import AttentionLayer, Mode
from mla_core.attention.multihead import attend, multihead_attention
from mla_core.attention.recorder import Recorder
from mla_core.attention.rope import Rotation, last, rotate


class BiasedLatentAttention(LatentAttention):
    """GPT-2's attention over a latent. Keys need no bias and the values' lies in `o_proj`.

    c_kv = W_DKV (x - shift), with the shift in the bias of `kv_a_proj`.

    Args:
        hidden_size: d.
        num_attention_heads: h.
        head_dim: k, of keys and values.
        kv_lora_rank: c.
    """

    def __init__(
        self, *, hidden_size: int, num_attention_heads: int, head_dim: int, kv_lora_rank: int
    ) -> None:
        d, h, k, c = hidden_size, num_attention_heads, head_dim, kv_lora_rank
        super().__init__(num_heads=h, kv_lora_rank=c, n=k, r=0, v=k, scale=k**-0.5)
        self.q_proj = nn.Linear(d, h * k)
        self.kv_a_proj = nn.Linear(d, c)  # W_DKV
        self.kv_b_proj = nn.Linear(c, h * 2 * k, bias=False)  # [W_UK; W_UV], head by head
        self.o_proj = nn.Linear(h * k, d)

    def forward(
        self,
        x: Tensor,
        *,
        mode: Mode = "naive",
        cache: LayerCache | None = None,
        record: Recorder | None = None,
    ) -> Tensor:
        if record is not None:
            record.put(x=x)
        q = rearrange(self.q_proj(x), "b s (h n) -> b h s n", h=self.num_heads)
        nothing = x.new_empty(*x.shape[:2], 0)  # no rope part
        z = self.attend(
            q, q[..., :0], self.kv_a_proj(x), nothing, mode=mode, cache=cache, record=record
        )
        return self.o_proj(z)

    def derive(self, sheet: Derivation, head: int, mode: Mode = "naive") -> None:
        """A latent with a bias, no rope key."""
        given_linear(sheet, "DKV", self.kv_a_proj, 0, self.kv_lora_rank, "d c")
        sheet.linear("c_kv", "x", "W_DKV", "t c", "b_DKV")
        given_linear(sheet, "Q", self.q_proj, head, self.n, "d k")
        sheet.linear("q", "x", "W_Q", "s k", "b_Q")
        w_uk, w_uv = self.up_projections()
        sheet.given("W_UK", w_uk[head].T, "c k")
        sheet.given("W_UV", w_uv[head].T, "c v")
        if mode == "absorbed":
            sheet.meeting("q_latent", "q", "W_UK", "s c")
            sheet.meeting("raw", "q_latent", "c_kv")
            sheet.attend("raw", self.scale, "c_kv", "z_latent")
            sheet.linear("z", "z_latent", "W_UV", "s v")
            return
        sheet.linear("k", "c_kv", "W_UK", "t k")
        sheet.linear("v", "c_kv", "W_UV", "t v")
        sheet.meeting("raw", "q", "k")
        sheet.attend("raw", self.scale, "v")

    def latent_projections(self) -> tuple[nn.Linear, nn.Linear]:
        return self.kv_a_proj, self.kv_b_proj


class RotatedLatentAttention(AttentionLayer):
    """Llama's attention (MHA, GQA, MQA) over a latent: rebuilds keys and values, then rotates.

    The cache holds c_kv alone; the rotation of every key so far is applied anew at each step.

    Args:
        hidden_size: d.
        num_attention_heads: h.
        num_key_value_heads: g.
        head_dim: k, of keys and values.
        kv_lora_rank: c.
        attention_bias: biases on q and o (the latent always has one).
    """

    modes: ClassVar[tuple[Mode, ...]] = ("naive",)

    def __init__(
        self,
        *,
        hidden_size: int,
        num_attention_heads: int,
        num_key_value_heads: int,
        head_dim: int,
        kv_lora_rank: int,
        attention_bias: bool,
    ) -> None:
        super().__init__()
        d, h, g, k = hidden_size, num_attention_heads, num_key_value_heads, head_dim
        self.head_dim, self.scale, self.kv_lora_rank = k, k**-0.5, kv_lora_rank
        self.q_proj = nn.Linear(d, h * k, bias=attention_bias)
        self.kv_a_proj = nn.Linear(d, kv_lora_rank)  # W_DKV
        self.kv_b_proj = nn.Linear(kv_lora_rank, g * 2 * k)  # [W_UK; W_UV], head by head
        self.o_proj = nn.Linear(h * k, d, bias=attention_bias)

    def forward(
        self,
        x: Tensor,
        rotation: Rotation,
        *,
        mode: Mode = "naive",
        cache: LayerCache | None = None,
        record: Recorder | None = None,
    ) -> Tensor:
        """See `LatentAttention.attend`.

        Raises:
            ValueError: the absorbed path is asked for.
        """
        if mode != "naive":
            raise ValueError(
                "a converted llama runs the naive path only: its keys are rotated after they are "
                "rebuilt, so W_UK cannot move to the query"
            )
        if record is not None:
            record.put(x=x)
        q = rearrange(self.q_proj(x), "b s (h k) -> b h s k", k=self.head_dim)
        q = rotate(q, *last(rotation, x.shape[1]), interleaved=False)
        c_kv = self.kv_a_proj(x)
        if cache is not None:
            (c_kv,) = cache.append(c_kv=c_kv)
        kv = rearrange(self.kv_b_proj(c_kv), "b t (g e) -> b g t e", e=2 * self.head_dim)
        k, v = kv.chunk(2, dim=-1)
        k = rotate(k, *last(rotation, k.shape[2]), interleaved=False)
        if record is not None:
            record.put(c_kv=c_kv)
        # with a cache the new queries are fewer than the keys, which torch's fused kernel refuses
        heads = attend if cache is not None else multihead_attention
        return self.o_proj(heads(q, k, v, scale=self.scale, record=record))

    def cache_shapes(self, tokens: int) -> dict[str, tuple[int, ...]]:
        return {"c_kv": (1, tokens, self.kv_lora_rank)}

    def latent_projections(self) -> tuple[nn.Linear, nn.Linear]:
        return self.kv_a_proj, self.kv_b_proj
