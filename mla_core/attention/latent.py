"""Multi-head Latent Attention: DeepSeek-V2 (arXiv 2405.04434), equations 9-19 and 37-47.

    c_kv   = norm(W_DKV x)         (9, 41)   cached: one latent a token, shared by all heads
    k_rope = RoPE(W_KR x)          (15, 43)  cached: one small key with the position, shared too
    k_nope = W_UK c_kv             (10, 42)  each head's key content
    v      = W_UV c_kv             (11, 45)  each head's value
    c_q    = norm(W_DQ x)          (12, 37)  optional: the query latent
    q_nope = W_UQ c_q              (13, 38)
    q_rope = RoPE(W_QR c_q)        (14, 39)
    scores = (q_nope . k_nope + q_rope . k_rope) / sqrt(n + r)      (16-18, 40, 44, 46)
    out    = W_O [pattern v]       (19, 47)

The paper does not print the RMSNorm of the latents as an equation; section 3.1.2 adds it.

Two ways to the same result, side by side below:

    naive     rebuilds k_nope and v of every cached token, then is ordinary attention;
    absorbed  moves W_UK to the query and W_UV behind the sum (associativity, App. C), so that
              keys and values are never rebuilt and the latent plays both parts.
"""

import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn

from mla_core.attention.cache import LayerCache
from mla_core.attention.derivation import Derivation, given_linear, head_columns
from mla_core.attention.layer import AttentionLayer, Mode
from mla_core.attention.multihead import softmax_causal
from mla_core.attention.recorder import Recorder
from mla_core.attention.rope import Rotation, last, rotate, score_scale
from mla_core.attention.rope_config import RopeConfig
from mla_core.kernels import decode

# DeepSeek's code and Hugging Face's fix the epsilon of the two inner norms, whatever the
# configuration says for the outer ones.
LATENT_NORM_EPS = 1e-6


class LatentAttention(AttentionLayer):
    """What every MLA does once queries and latents are there: the two paths, and the cache.

    Subclasses say where those come from, and own `kv_b_proj` ([W_UK; W_UV], head by head).

    Args:
        num_heads: h.
        kv_lora_rank: c, the width of the cached latent.
        n, r, v: nope, rope and value dims of a head; r is 0 where positions are not rotated.
        scale: factor on q . k.
    """

    kv_b_proj: nn.Linear

    def __init__(
        self, *, num_heads: int, kv_lora_rank: int, n: int, r: int, v: int, scale: float
    ) -> None:
        super().__init__()
        self.num_heads, self.kv_lora_rank, self.scale = num_heads, kv_lora_rank, scale
        self.n, self.r, self.v = n, r, v

    def up_projections(self) -> tuple[Float[Tensor, "h n c"], Float[Tensor, "h v c"]]:
        """W_UK and W_UV, one slice a head, as views of `kv_b_proj`."""
        w = self.kv_b_proj.weight.view(self.num_heads, self.n + self.v, self.kv_lora_rank)
        return w[:, : self.n], w[:, self.n :]

    def cache_shapes(self, tokens: int) -> dict[str, tuple[int, ...]]:
        return {"c_kv": (1, tokens, self.kv_lora_rank), "k_rope": (1, tokens, self.r)}

    def attend(
        self,
        q_nope: Float[Tensor, "b h s n"],
        q_rope: Float[Tensor, "b h s r"],
        c_kv: Float[Tensor, "b s c"],
        k_rope: Float[Tensor, "b s r"],
        *,
        mode: Mode,
        cache: LayerCache | None,
        record: Recorder | None,
    ) -> Float[Tensor, "b s hv"]:
        """From the new tokens to all so far, heads concatenated, up to W_O.

        Args:
            q_nope, q_rope, c_kv, k_rope: of the new tokens.
            mode: which of the two paths; they differ by rounding only.
            cache: latents and rope keys of earlier tokens; the new ones are written to it.
            record: takes `c_kv`, `k_rope`, `q`, `z`, `content_scores`, `rope_scores`, `scores`
                (scaled, before the mask), `pattern`, and on the naive path `k` and `v`.
        """
        if cache is None and record is None and mode == "naive":
            return self._fused(q_nope, q_rope, c_kv, k_rope)
        if cache is not None:
            c_kv, k_rope = cache.append(c_kv=c_kv, k_rope=k_rope)
        if mode == "absorbed" and record is None and q_nope.shape[2] == 1:
            return self.absorbed_step(q_nope[:, :, 0], q_rope[:, :, 0], c_kv, k_rope)[:, None]
        path = self.naive if mode == "naive" else self.absorbed
        z = path(q_nope, q_rope, c_kv, k_rope, record)  # (b, h, s, v)
        if record is not None:
            record.put(c_kv=c_kv, z=z, q=torch.cat((q_nope, q_rope), dim=-1))
            if self.r:
                record.put(k_rope=k_rope)
        return rearrange(z, "b h s v -> b s (h v)")

    def naive(
        self,
        q_nope: Float[Tensor, "b h s n"],
        q_rope: Float[Tensor, "b h s r"],
        c_kv: Float[Tensor, "b t c"],
        k_rope: Float[Tensor, "b t r"],
        record: Recorder | None = None,
    ) -> Float[Tensor, "b h s v"]:
        """Rebuilds every head's keys and values from the latents: 2 t c h (n + v) extra FLOPs."""
        w_uk, w_uv = self.up_projections()
        k_nope = torch.einsum("btc,hnc->bhtn", c_kv, w_uk)  # (10)
        v = torch.einsum("btc,hvc->bhtv", c_kv, w_uv)  # (11)
        content = torch.einsum("bhsn,bhtn->bhst", q_nope * self.scale, k_nope)
        position = torch.einsum("bhsr,btr->bhst", q_rope * self.scale, k_rope)
        pattern = softmax_causal(content + position)  # (18)
        self._record(record, content, position, pattern)
        if record is not None and record.wants("k", "v"):
            shared = k_rope[:, None].expand(-1, self.num_heads, -1, -1)
            record.put(k=torch.cat((k_nope, shared), dim=-1), v=v)  # (17)
        return torch.einsum("bhst,bhtv->bhsv", pattern, v)  # (18)

    def absorbed(
        self,
        q_nope: Float[Tensor, "b h s n"],
        q_rope: Float[Tensor, "b h s r"],
        c_kv: Float[Tensor, "b t c"],
        k_rope: Float[Tensor, "b t r"],
        record: Recorder | None = None,
    ) -> Float[Tensor, "b h s v"]:
        """(W_UK^T q) . c = q . (W_UK c), and the sum over t before W_UV: the cache is read as is."""
        w_uk, w_uv = self.up_projections()
        q_latent = torch.einsum("bhsn,hnc->bhsc", q_nope * self.scale, w_uk)  # (10) moved to q
        content = torch.einsum("bhsc,btc->bhst", q_latent, c_kv)
        position = torch.einsum("bhsr,btr->bhst", q_rope * self.scale, k_rope)
        pattern = softmax_causal(content + position)  # (18)
        self._record(record, content, position, pattern)
        z_latent = torch.einsum("bhst,btc->bhsc", pattern, c_kv)
        return torch.einsum("bhsc,hvc->bhsv", z_latent, w_uv)  # (11) moved behind the sum

    def absorbed_step(
        self,
        q_nope: Float[Tensor, "b h n"],
        q_rope: Float[Tensor, "b h r"],
        c_kv: Float[Tensor, "b t c"],
        k_rope: Float[Tensor, "b t r"],
    ) -> Float[Tensor, "b hv"]:
        """`absorbed` for one new token and nothing to show: on a GPU the cache is read once."""
        w_uk, w_uv = self.up_projections()
        q_latent = torch.einsum("bhn,hnc->bhc", q_nope, w_uk)
        z_latent = decode(q_latent, q_rope, c_kv, k_rope, scale=self.scale)
        return rearrange(torch.einsum("bhc,hvc->bhv", z_latent, w_uv), "b h v -> b (h v)")

    def _record(
        self, record: Recorder | None, content: Tensor, position: Tensor, pattern: Tensor
    ) -> None:
        if record is None:
            return
        record.put(content_scores=content, pattern=pattern)
        if self.r:
            record.put(rope_scores=position)
        if record.wants("scores"):
            record.put(scores=content + position)

    def _fused(self, q_nope: Tensor, q_rope: Tensor, c_kv: Tensor, k_rope: Tensor) -> Tensor:
        """The naive path through torch's fused kernel, for training: no scores to show."""
        kv = rearrange(self.kv_b_proj(c_kv), "b t (h e) -> b h t e", h=self.num_heads)
        k_nope, v = kv.split([self.n, self.v], dim=-1)
        shared = k_rope[:, None].expand(-1, self.num_heads, -1, -1)
        z = F.scaled_dot_product_attention(
            torch.cat((q_nope, q_rope), dim=-1),
            torch.cat((k_nope, shared), dim=-1),
            v,
            is_causal=True,
            scale=self.scale,
        )
        return rearrange(z, "b h s v -> b s (h v)")


class MultiHeadLatentAttention(LatentAttention):
    """One MLA layer, with the parameter names of Hugging Face's `deepseek_v2` / `deepseek_v3`.

    Args:
        hidden_size: d.
        num_attention_heads: h.
        kv_lora_rank: c, the width of the cached latent.
        q_lora_rank: q, the width of the query latent; None for a plain `q_proj`.
        qk_nope_head_dim: n, the part of a key without position.
        qk_rope_head_dim: r, the part with it; even.
        v_head_dim: v; need not equal n.
        attention_bias: biases on q_a, kv_a and o (never on the up-projections).
        rope: only its YaRN fields matter here, for the scale of the scores.
        rope_interleave: DeepSeek's pairs (True) or Llama's halves (False).
    """

    def __init__(
        self,
        *,
        hidden_size: int,
        num_attention_heads: int,
        kv_lora_rank: int,
        q_lora_rank: int | None,
        qk_nope_head_dim: int,
        qk_rope_head_dim: int,
        v_head_dim: int,
        attention_bias: bool,
        rope: RopeConfig,
        rope_interleave: bool,
    ) -> None:
        super().__init__(
            num_heads=num_attention_heads,
            kv_lora_rank=kv_lora_rank,
            n=qk_nope_head_dim,
            r=qk_rope_head_dim,
            v=v_head_dim,
            scale=score_scale(qk_nope_head_dim + qk_rope_head_dim, rope),
        )
        self.rope_interleave = rope_interleave
        key_width = num_attention_heads * (self.n + self.r)
        if q_lora_rank is None:
            self.q_proj = nn.Linear(hidden_size, key_width, bias=False)
        else:
            self.q_a_proj = nn.Linear(hidden_size, q_lora_rank, bias=attention_bias)  # W_DQ
            self.q_a_layernorm = nn.RMSNorm(q_lora_rank, eps=LATENT_NORM_EPS)
            self.q_b_proj = nn.Linear(q_lora_rank, key_width, bias=False)  # [W_UQ; W_QR]
        self.kv_a_proj_with_mqa = nn.Linear(  # [W_DKV; W_KR]
            hidden_size, kv_lora_rank + self.r, bias=attention_bias
        )
        self.kv_a_layernorm = nn.RMSNorm(kv_lora_rank, eps=LATENT_NORM_EPS)
        self.kv_b_proj = nn.Linear(  # [W_UK; W_UV], head by head
            kv_lora_rank, num_attention_heads * (self.n + self.v), bias=False
        )
        self.o_proj = nn.Linear(num_attention_heads * self.v, hidden_size, bias=attention_bias)
        self.q_lora_rank = q_lora_rank

    def queries(
        self, x: Float[Tensor, "b s d"], rotation: Rotation
    ) -> tuple[Float[Tensor, "b h s n"], Float[Tensor, "b h s r"]]:
        """Equations 12-14: content and position part of each head's query."""
        if self.q_lora_rank is None:
            q = self.q_proj(x)
        else:
            q = self.q_b_proj(self.q_a_layernorm(self.q_a_proj(x)))
        q = rearrange(q, "b s (h k) -> b h s k", h=self.num_heads)
        q_nope, q_rope = q.split([self.n, self.r], dim=-1)
        return q_nope, rotate(q_rope, *rotation, interleaved=self.rope_interleave)

    def compress(
        self, x: Float[Tensor, "b s d"], rotation: Rotation
    ) -> tuple[Float[Tensor, "b s c"], Float[Tensor, "b s r"]]:
        """Equations 9 and 15: all that a token leaves in the cache."""
        c_kv, k_rope = self.kv_a_proj_with_mqa(x).split([self.kv_lora_rank, self.r], dim=-1)
        k_rope = rotate(k_rope, *rotation, interleaved=self.rope_interleave)
        return self.kv_a_layernorm(c_kv), k_rope

    def forward(
        self,
        x: Float[Tensor, "b s d"],
        rotation: Rotation,
        *,
        mode: Mode = "naive",
        cache: LayerCache | None = None,
        record: Recorder | None = None,
    ) -> Float[Tensor, "b s d"]:
        """Attends from the new tokens to all so far.

        Args:
            x: new tokens, normalised.
            rotation: cos and sin of all positions so far; the new tokens are the last ones.
            mode, cache, record: see `attend`.
        """
        turn = last(rotation, x.shape[1])
        if record is not None:
            record.put(x=x)
        q_nope, q_rope = self.queries(x, turn)
        c_kv, k_rope = self.compress(x, turn)
        z = self.attend(q_nope, q_rope, c_kv, k_rope, mode=mode, cache=cache, record=record)
        return self.o_proj(z)  # (19)

    def derive(self, sheet: Derivation, head: int, mode: Mode = "naive") -> None:
        n, r, c = self.n, self.r, self.kv_lora_rank
        down = self.kv_a_proj_with_mqa
        for name, rows, letter in (("DKV", slice(0, c), "c"), ("KR", slice(c, c + r), "r")):
            sheet.given(f"W_{name}", down.weight[rows].T, f"d {letter}")
            if down.bias is not None:
                sheet.given(f"b_{name}", down.bias[rows], f" {letter}")
        sheet.linear("c_raw", "x", "W_DKV", "t c", "b_DKV")
        sheet.norm("c_kv", "c_raw", self.kv_a_layernorm, "t c")  # (9)
        sheet.linear("k_rope_unrotated", "x", "W_KR", "t r", "b_KR")
        sheet.rotated("k_rope", "k_rope_unrotated", "t r", interleaved=self.rope_interleave)  # (15)

        source, letter = "x", "d"
        if self.q_lora_rank is None:
            queries = self.q_proj.weight
        else:
            given_linear(sheet, "DQ", self.q_a_proj, 0, self.q_lora_rank, "d q")
            sheet.linear("c_q_raw", "x", "W_DQ", "s q", "b_DQ")
            sheet.norm("c_q", "c_q_raw", self.q_a_layernorm, "s q")  # (12)
            source, letter, queries = "c_q", "q", self.q_b_proj.weight
        own = head_columns(queries, head, n + r)
        sheet.given("W_UQ", own[:, :n], f"{letter} n")
        sheet.given("W_QR", own[:, n:], f"{letter} r")
        sheet.linear("q_nope", source, "W_UQ", "s n")  # (13)
        sheet.linear("q_rope_unrotated", source, "W_QR", "s r")
        sheet.rotated("q_rope", "q_rope_unrotated", "s r", interleaved=self.rope_interleave)  # (14)

        w_uk, w_uv = self.up_projections()
        sheet.given("W_UK", w_uk[head].T, "c n")
        sheet.given("W_UV", w_uv[head].T, "c v")
        if mode == "absorbed":
            sheet.meeting("q_latent", "q_nope", "W_UK", "s c")  # (10) moved to q
            sheet.meeting("content", "q_latent", "c_kv")
        else:
            sheet.linear("k_nope", "c_kv", "W_UK", "t n")  # (10)
            sheet.linear("v", "c_kv", "W_UV", "t v")  # (11)
            sheet.meeting("content", "q_nope", "k_nope")
        sheet.meeting("position_scores", "q_rope", "k_rope")
        sheet.sum("raw", ("content", "position_scores"), "s t")  # (16)-(17)
        if mode == "absorbed":
            sheet.attend("raw", self.scale, "c_kv", "z_latent")  # (18)
            sheet.linear("z", "z_latent", "W_UV", "s v")  # (11) moved behind the sum
        else:
            sheet.attend("raw", self.scale, "v")  # (18)
