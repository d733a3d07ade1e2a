"""MLA as `mla_core.convert` makes it out of ordinary attention: one latent, no extra rope key.

DeepSeek trains its latent beside a small key for the position (equation 15). A model that was
trained without one keeps its positions where they are: GPT-2's inside x, so that both paths of
`latent` work as they are; Llama's in a rotation of the rebuilt keys, so that only the naive path
does (DeepSeek-V2, 2.1.3: the rotation would stand between W_Q and W_UK).
"""

from einops import rearrange
from torch import Tensor, nn

from mla_core.attention.cache import LayerCache
from mla_core.attention.latent import LatentAttention, Mode
from mla_core.attention.multihead import attend, multihead_attention
from mla_core.attention.recorder import Recorder
from mla_core.attention.rope import Rotation, last, rotate
from mla_core.models.config import ModelConfig


class BiasedLatentAttention(LatentAttention):
    """GPT-2's attention over a latent. Keys need no bias and the values' lies in `o_proj`.

    c_kv = W_DKV (x - shift), with the shift in the bias of `kv_a_proj`.
    """

    def __init__(self, config: ModelConfig, layer: int) -> None:
        d, h, k, c = (
            config.hidden_size,
            config.num_attention_heads,
            config.head_dim,
            config.ranks[layer],
        )
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


class RotatedLatentAttention(nn.Module):
    """Llama's attention (MHA, GQA, MQA) over a latent: rebuilds keys and values, then rotates.

    The cache holds c_kv alone; the rotation of every key so far is applied anew at each step.
    """

    def __init__(self, config: ModelConfig, layer: int) -> None:
        super().__init__()
        d, h, g, k = (
            config.hidden_size,
            config.num_attention_heads,
            config.num_key_value_heads,
            config.head_dim,
        )
        c = config.ranks[layer]
        self.head_dim, self.scale = k, k**-0.5
        self.q_proj = nn.Linear(d, h * k, bias=config.attention_bias)
        self.kv_a_proj = nn.Linear(d, c)  # W_DKV
        self.kv_b_proj = nn.Linear(c, g * 2 * k)  # [W_UK; W_UV], head by head
        self.o_proj = nn.Linear(h * k, d, bias=config.attention_bias)

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
